"""One crawl, run in this process. Only once per process: Twisted's reactor cannot be started again."""

import gc

from scrapy.crawler import AsyncCrawlerProcess

from silverprint.adapters.crawl.closing_summary import conclude
from silverprint.adapters.crawl.endless_sites import StopRules
from silverprint.adapters.crawl.selector_report import Findings
from silverprint.adapters.crawl.settings import settings
from silverprint.adapters.crawl.site_credentials import headers
from silverprint.adapters.crawl.spider import ImageSpider
from silverprint.adapters.crawl.user_spider import spider_class
from silverprint.config import WebSource
from silverprint.console import bar
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource


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
    gc.freeze()  # what is there by now stays: walking through it again and again would hold the loop, 100 ms each time
    with bar() as progress:
        task = progress.add_task(f"crawling {name}", total=None)

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
