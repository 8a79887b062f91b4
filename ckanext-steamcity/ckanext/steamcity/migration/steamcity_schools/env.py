"""Alembic environment of the plugin `steamcity_schools`. Migrations are written by hand, so no metadata is compared."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import engine_from_config, pool

NAME = os.path.basename(os.path.dirname(__file__))
config = context.config


def run() -> None:
    engine = engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, version_table=f"{NAME}_alembic_version")
        with context.begin_transaction():
            context.run_migrations()


run()
