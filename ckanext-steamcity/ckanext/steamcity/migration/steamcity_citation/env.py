"""Runs the migrations of `steamcity_citation`. Migrations are written by hand: autogenerate does not see triggers."""
from __future__ import annotations

import os

from alembic import context
from ckan.model.meta import metadata
from sqlalchemy import engine_from_config, pool

config = context.config
name = os.path.basename(os.path.dirname(__file__))


def include_name(table: str | None, kind: str, _parents: dict) -> bool:
    """Only our own tables."""
    return kind != "table" or (table or "").startswith(f"{name}_")


def configure(**options: object) -> None:
    context.configure(
        target_metadata=metadata,
        version_table=f"{name}_alembic_version",
        include_name=include_name,
        **options,
    )


if context.is_offline_mode():
    configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    section = config.get_section(config.config_ini_section) or {}
    with engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool).connect() as connection:
        configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
