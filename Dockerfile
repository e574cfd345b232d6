# Crossfade's worker and command. Bookworm has PostgreSQL 15's pg_dump and pg_restore, which the backup needs; take the
# release whose PostgreSQL is at least as new as your server's.
FROM docker:28-cli AS docker

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates postgresql-client \
 && rm -rf /var/lib/apt/lists/*
# For plans whose nodes are containers. It does nothing unless the host's Docker socket is given to the container.
COPY --from=docker /usr/local/bin/docker /usr/local/bin/docker

WORKDIR /crossfade
COPY package.json package-lock.json .npmrc ./
# The Node that npm brings for machines with an older one is not needed here. The stamp tells scripts/run.mjs that all is installed.
RUN npm ci --omit=dev \
 && rm -rf node_modules/node-linux-* node_modules/.bin/node \
 && node -e "const h=require('crypto').createHash('sha256').update(require('fs').readFileSync('package-lock.json')).digest('hex');require('fs').writeFileSync('node_modules/.installed-lock',h)"
COPY bin bin
COPY scripts scripts
COPY src src
COPY sandbox sandbox
ENV PATH=/crossfade/bin:$PATH NODE_ENV=production
CMD ["node", "src/worker.ts"]
