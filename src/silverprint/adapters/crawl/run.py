"""One crawl, run in this process. Only once per process: Twisted's reactor cannot be started again."""

import sys
from importlib import import_module
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess

from silverprint.adapters.crawl.closing_summary import conclude
from silverprint.adapters.crawl.event_loop import short_searches
from silverprint.adapters.crawl.selector_report import Findings
from silverprint.adapters.crawl.settings import settings
from silverprint.adapters.crawl.site_credentials import headers
from silverprint.adapters.crawl.spider import ImageSpider
from silverprint.adapters.crawl.stop_rules import StopRules
from silverprint.config import WebSource
from silverprint.console import bar
from silverprint.errors import ConfigError
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource

_SEE = "compare silverprint docs crawls"


def spider_class(source: str, name: str | None) -> type[ImageSpider]:
    """The class that a source names; ours where it names none.

    Args:
        source: key in params.yaml.
        name: module:Class, the module in the project's folder or installed.

    Raises:
        ConfigError: there is no such module or class, the module fails, or the class is no ImageSpider.
    """
    if name is None:
        return ImageSpider
    value = f"sources.{source}.spider = {name!r}"
    module_name, _, class_name = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = import_module(module_name)
    except Exception as error:  # a foreign module may raise anything
        rule = f"its module cannot be imported ({type(error).__name__}: {' '.join(str(error).split())[:160]})"
        raise ConfigError(value, rule, f"put it into the project's folder, or fix it; {_SEE}") from error
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, ImageSpider)):
        rule = f"{module_name} has no subclass of ImageSpider by the name {class_name}"
        raise ConfigError(value, rule, _SEE)
    return found


def crawl(name: str, source: WebSource, intake: Intake, _: CompletedSource) -> None:
    """Crawls `source` (its key in params.yaml: `name`) into `intake`, to the end or as far as the site answers.

    Raises:
        ConfigError: the source names a spider that is none, or a variable that the environment lacks.
        UnavailableError: the site did not answer for a listing page, or refused every start page; what was found is in
            the intake.
        NothingFoundError: the selectors found nothing, and the source has no pictures yet.
        DiskError: from the intake.
        KeyboardInterrupt: Ctrl-C; what was fetched until then is in the intake.
    """
    spider_of_source = spider_class(name, source.spider)
    process = AsyncCrawlerProcess(settings(source, intake.takedowns, headers(name, source)))
    crawler = process.create_crawler(spider_of_source)
    patience, findings = StopRules(name, source.max_pages), Findings(name, source)
    with bar() as progress, short_searches():
        task = progress.add_task(f"acquire {name}", total=None)

        def tell(done: int, asked: int) -> None:
            progress.update(task, completed=done, total=asked)

        process.crawl(crawler, source, intake, tell, patience, findings)
        process.start()
    spider = crawler.spider
    if not isinstance(spider, ImageSpider):
        raise RuntimeError("the crawl did not start")
    if spider.fault is not None:
        raise spider.fault
    if spider.why_closed == "shutdown":
        raise KeyboardInterrupt
    conclude(name, source, spider.dead_ends, patience, findings, intake)
