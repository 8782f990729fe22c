"""Style that the page of one picture and the page of many have in common."""

from typing import Final

# No panels about regions, which a choice does not have. A ">" would be escaped, and the rule lost.
COMMON: Final = """
  .lsf-sidepanels__wrapper { display: none }
  .lsf-sidepanels { padding: 0 !important }
  .lsf-modal-ls__content { max-width: 100vw !important }
  @media (max-width: 700px) {
    .lsf-editor { margin: 0 !important; width: 100% !important; min-width: 0 !important }
    .lsf-bottombar__section:has(.lsf-history-buttons) { display: none }
  }
"""
