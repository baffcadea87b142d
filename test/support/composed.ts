import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
}

/**
 * The environment that docker-compose.yml gives a service, where .env says nothing: for a process that
 * is started without Docker.
 * @param secrets_dir stands for `/run/secrets`.
 * @throws for a secret that the service is not handed.
 */
export function environmentOf(name: string, secrets_dir: string): Record<string, string> {
  const text = readFileSync(join(root, "docker-compose.yml"), "utf8");
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
  const { environment = {}, secrets = [] } = services[name] ?? {};
  const entries = Object.entries(environment).map(([variable, value]) => {
    const plain = value.replace(/\$\{\w+:?-([^}]*)\}/, "$1");
    const [, secret] = /^\/run\/secrets\/(\w+)$/.exec(plain) ?? [];
    if (secret === undefined) return [variable, plain];
    if (!secrets.includes(secret)) throw new Error(`${name} is not handed ${secret}`);
    return [variable, join(secrets_dir, secret)];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The statements by which deploy/postgres/restricted-login.sh makes the service's login. */
export function restrictedLogin(password: string): string {
  const script = readFileSync(join(root, "deploy/postgres/restricted-login.sh"), "utf8");
  const [, statements = ""] = /<<'SQL'\n(.*)\nSQL\n/s.exec(script) ?? [];
  return statements.replace(":'password'", `'${password}'`);
}
