"""`python -m silverprint.demo`: build the sample site, serve it, give and answer as people do, audit, clean up."""

import argparse
import sys
from collections.abc import Sequence

from silverprint.demo.personas import PERSONS
from silverprint.errors import SilverprintError


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m silverprint.demo", description=__doc__)
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", required=True)
    build = verbs.add_parser(
        "build", help="write the sample site and what the other sources hold, and the truth, below var/demo"
    )
    build.add_argument("--pictures", type=int, default=5_000, help="of all sources together; default 5000")
    build.add_argument("--seed", type=int, default=7)
    build.add_argument("--address", help="where the site will be served; default http://127.0.0.1:8600/")
    site = verbs.add_parser("site", help="serve the sample site on loopback")
    site.add_argument("--port", type=int, default=8600, help="default 8600; 0 takes a free one")
    servers = verbs.add_parser("servers", help="start Label Studio and MLflow, and invite the simulated annotators")
    servers.add_argument("--studio-port", type=int)
    servers.add_argument("--mlflow-port", type=int)
    verbs.add_parser("contribute", help="give pictures by the contributors' page, as the simulated contributors")
    annotate = verbs.add_parser("annotate", help="annotate what is open in Label Studio, as one simulated person")
    annotate.add_argument("--person", choices=sorted(PERSONS), required=True)
    verbs.add_parser("expert", help="write down the labels of some pictures, for silverprint gold import")
    whole = verbs.add_parser("run", help="the whole campaign, from the crawl to the table")
    whole.add_argument("--studio-port", type=int, help="default: the last one, at first 8080 or the next that is free")
    whole.add_argument("--mlflow-port", type=int, help="default: the last one, at first 5000 or the next that is free")
    whole.add_argument("--pictures", type=int, default=5_000)
    verbs.add_parser("clean", help="remove what `run` made, and nothing that a person did")
    verbs.add_parser("audit", help="compare the finished rounds with the truth")
    return top


def run(options: argparse.Namespace) -> None:
    match options.verb:
        case "build":
            from silverprint.demo.build import ADDRESS, build

            build(options.pictures, options.seed, options.address or ADDRESS)
        case "site":
            from silverprint.demo.site import serve

            serve(options.port)
        case "servers":
            from silverprint.demo.run import start_servers

            start_servers(options.studio_port, options.mlflow_port)
        case "contribute":
            from silverprint.demo.contributors import contribute_all

            contribute_all()
        case "annotate":
            from silverprint.demo.annotators import annotate

            annotate(options.person)
        case "expert":
            from silverprint.demo.expert import write_gold

            write_gold()
        case "run":
            from silverprint.demo.run import run as run_campaign

            run_campaign(options.studio_port, options.mlflow_port, options.pictures)
        case "clean":
            from silverprint.demo.clean_up import clean

            clean()
        case "audit":
            from silverprint.demo.audit import audit

            audit()


def main(argv: Sequence[str] | None = None) -> int:
    try:
        run(parser().parse_args(argv))
    except SilverprintError as error:
        sys.stderr.write(f"silverprint.demo: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
