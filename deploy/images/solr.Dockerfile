# The official Solr with our configset and JTS. Build from the project's root:
#   docker build -f deploy/images/solr.Dockerfile -t steamcity-solr .
FROM python:3.11-slim-bookworm AS configset
WORKDIR /src
COPY requirements.txt ./
# Only CKAN's own schema.xml is needed of it.
RUN grep '^ckan==' requirements.txt > ckan.txt && pip install --no-cache-dir --no-deps -r ckan.txt
COPY deploy/solr deploy/solr
RUN python deploy/solr/configset.py /configset

FROM maven:3.9-eclipse-temurin-17 AS jts
RUN mvn -q -B dependency:copy -Dartifact=org.locationtech.jts:jts-core:1.19.0 -DoutputDirectory=/jts

FROM solr:9.10.1-slim
COPY --from=jts --chown=solr:solr /jts/ /opt/solr/server/solr-webapp/webapp/WEB-INF/lib/
COPY --from=configset --chown=solr:solr /configset/ /opt/solr/server/solr/configsets/steamcity/conf/
CMD ["solr-precreate", "ckan", "/opt/solr/server/solr/configsets/steamcity"]
