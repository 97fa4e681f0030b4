"""The endpoints that the service is held against: FastAPI over tables, nothing else.

The same framework, server, loop, JSON body, validation of its shape, database and durability; no token, no keys, no
encryption, no number, no receipt, no log line, no rule. Statements are prepared, connections pooled, one round trip
for an insert.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

CONNECTIONS = 16

TABLES = """
CREATE TABLE petitions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    version     integer NOT NULL DEFAULT 1,
    stage       text NOT NULL DEFAULT 'receiving',
    channel     text NOT NULL,
    nature      text NOT NULL,
    category    text,
    area        text,
    title       text NOT NULL,
    content     text NOT NULL,
    petitioners jsonb NOT NULL
);
CREATE INDEX ON petitions (received_at DESC, id DESC);
CREATE INDEX ON petitions (channel, received_at DESC);
CREATE INDEX ON petitions (category, received_at DESC);
CREATE TABLE history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    petition    bigint NOT NULL REFERENCES petitions,
    version     integer NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now(),
    kind        text NOT NULL,
    text        text NOT NULL
);
CREATE UNIQUE INDEX ON history (petition, version);
"""
RECEIVE = """
INSERT INTO petitions (channel, nature, category, area, title, content, petitioners)
VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
LOOK = "SELECT stage, version FROM petitions WHERE id = %s FOR UPDATE"
CHANGE = "UPDATE petitions SET version = %s, changed_at = now() WHERE id = %s"
ENTER = "INSERT INTO history (petition, version, kind, text) VALUES (%s, %s, %s, %s)"


class Person(BaseModel):
    """Somebody behind a petition."""

    name: str
    phone: str


class Place(BaseModel):
    """Where it is about."""

    area: str


class Petition(BaseModel):
    """The same body as the service takes."""

    channel: str
    nature: str
    title: str
    content: str
    petitioners: list[Person]
    category: str
    place: Place


class Note(BaseModel):
    """The body of a step."""

    text: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the connections for as long as the application runs."""
    async with AsyncConnectionPool(
        os.environ["BENCH_DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs={"autocommit": True}
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/petitions", status_code=201)
async def receive(petition: Petition) -> dict[str, int]:
    """One INSERT."""
    people = Jsonb([person.model_dump() for person in petition.petitioners])
    async with app.state.pool.connection() as connection:
        cursor = await connection.execute(
            RECEIVE,
            (petition.channel, petition.nature, petition.category, petition.place.area, petition.title,
             petition.content, people),
            prepare=True,
        )  # fmt: skip
        row = await cursor.fetchone()
    return {"id": row[0]}


@app.post("/petitions/{number}/note-progress")
async def note(number: int, said: Note) -> dict[str, int]:
    """SELECT … FOR UPDATE, the rule, UPDATE and INSERT into the history, in one transaction."""
    async with app.state.pool.connection() as connection, connection.transaction():
        row = await (await connection.execute(LOOK, (number,), prepare=True)).fetchone()
        if row is None:
            raise HTTPException(404)
        stage, version = row[0], row[1] + 1
        if stage != "receiving":
            raise HTTPException(409)
        async with connection.pipeline():
            await connection.execute(CHANGE, (version, number), prepare=True)
            await connection.execute(ENTER, (number, version, "progress", said.text), prepare=True)
    return {"version": version}
