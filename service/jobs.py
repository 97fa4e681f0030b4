"""Scheduled work, by procrastinate in the same database: the tick, every ten minutes and when the service starts."""

from __future__ import annotations

import logging

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Status

from domain.errors import NoRulebook
from projections.projection import cause_code
from service.parts import Parts
from service.tick import tick

EVERY_TEN_MINUTES = "*/10 * * * *"
"""What is to be done follows from the day, so nothing depends on the minute; a slot just missed is made up at once."""

GRACE_SECONDS = 5.0

log = structlog.get_logger("jobs")


def application(parts: Parts) -> App:
    """The jobs of one process; each has the whole of `parts` to work with. One that fails is tried at the next slot."""
    connector = PsycopgConnector(conninfo=parts.url, kwargs={"options": "-c search_path=jobs"}, min_size=1, max_size=3)
    app = App(connector=connector)

    @app.periodic(cron=EVERY_TEN_MINUTES)
    @app.task(name="tick", queueing_lock="tick")
    def scheduled_tick(timestamp: int) -> None:
        try:
            tick(parts)
        except NoRulebook:
            pass
        except Exception as error:
            log.error("tick_failed", code=cause_code(error))

    return app


async def clear_stalled(app: App) -> None:
    """Do away with jobs that a killed process left half done: the next slot does what they would have done."""
    for left in await app.job_manager.get_stalled_jobs():
        await app.job_manager.finish_job(left, Status.FAILED, delete_job=True)


async def work(parts: Parts) -> None:
    """Work off the jobs until a signal says stop."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    app = application(parts)
    async with app.open_async():
        await clear_stalled(app)
        await app.run_worker_async(concurrency=1, delete_jobs="always", shutdown_graceful_timeout=GRACE_SECONDS)
