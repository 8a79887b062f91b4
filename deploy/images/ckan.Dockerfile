# Site, worker and one-shot set-up: the same image, different commands. Build from the project's root:
#   docker build -f deploy/images/ckan.Dockerfile -t steamcity-ckan .
FROM python:3.11-slim-bookworm AS build
# libpq and a compiler for psycopg2, which CKAN pins as source.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends build-essential libpq-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /opt/steamcity && /opt/steamcity/bin/pip install --no-cache-dir -r requirements.txt
COPY setup.py pyproject.toml README.md LICENSE ./
COPY ckanext-steamcity ckanext-steamcity
COPY harvesters harvesters
COPY schemas schemas
RUN /opt/steamcity/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 libmagic1 postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/steamcity steamcity
COPY --from=build /opt/steamcity /opt/steamcity
COPY deploy/wsgi.py deploy/bodies.py deploy/gunicorn.conf.py deploy/local/ckan.ini deploy/images/entry.py /opt/deploy/
ENV PATH=/opt/steamcity/bin:$PATH CKAN_INI=/var/lib/steamcity/ckan.ini PYTHONUNBUFFERED=1
USER 10001
VOLUME /var/lib/steamcity
EXPOSE 5000
ENTRYPOINT ["python", "/opt/deploy/entry.py"]
CMD ["site"]
