-- Seals (R35): a chained hash over each community's journals, closed by a timed job. What a journal
-- says is sealed here; that its entries say the same is what ledger.mismatches recomputes. An edit
-- to both, by whoever can disable a trigger, then breaks the chain.

create table ledger.seal (
  community_id uuid not null references community (id),
  -- 1, 2, 3 and so on, each chained to the one before.
  number bigint not null check (number > 0),
  -- Every journal recorded from sealed_from on and before sealed_until; the next begins there.
  sealed_from timestamptz not null,
  sealed_until timestamptz not null check (sealed_until > sealed_from),
  journals bigint not null check (journals > 0),
  hash bytea not null check (length(hash) = 32),
  primary key (community_id, number)
);

create trigger append_only before update or delete on ledger.seal
  for each row execute function ledger.refuse_change();
create trigger no_truncate before truncate on ledger.seal
  for each statement execute function ledger.refuse_change();

-- The hash of one community's journals of a span of time, chained to the hash before, and how many
-- they are. Everything a journal says goes in, in a form that no setting of a session changes.
create function ledger.seal_hash(
  p_community_id uuid, p_from timestamptz, p_until timestamptz, p_before bytea,
  out journals bigint, out hash bytea
)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select count(*),
    sha256(
      p_before || coalesce(
        string_agg(
          sha256(
            convert_to(
              jsonb_build_array(
                j.id, j.once, j.kind, extract(epoch from j.happened_at),
                extract(epoch from j.recorded_at), j.accounts, j.amounts,
                j.earner, j.accrued, j.accrual_ratio, j.reverses, j.details
              )::text,
              'UTF8'
            )
          ),
          ''::bytea order by j.recorded_at, j.id
        ),
        ''::bytea
      )
    )
  from ledger.journal as j
  where j.community_id = p_community_id
    and j.recorded_at >= p_from and j.recorded_at < p_until
$$;

-- Closes journals that are not sealed yet, some ten thousand at the most; call it until it answers
-- 0. A journal carries the time its transaction began, so a span may be sealed once no transaction
-- that began in it is still open. It goes by the server's clock: one that is set back further than
-- the last seal puts journals into a sealed span, and verify then says so.
create function ledger.seal_next(p_community_id uuid, p_journals_max integer default 10000)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_last ledger.seal;
  v_from timestamptz;
  v_until timestamptz;
  v_seal record;
begin
  -- One process at a time, without anybody waiting: the others find the work done.
  perform from public.community as c where c.id = p_community_id for no key update skip locked;
  if not found then
    return 0;
  end if;
  select * into v_last
  from ledger.seal as s where s.community_id = p_community_id order by s.number desc limit 1;
  v_from := coalesce(v_last.sealed_until, '-infinity');
  select least(clock_timestamp() - interval '1 second', min(a.xact_start)) into v_until
  from pg_stat_activity as a
  where a.datname = current_database() and a.pid <> pg_backend_pid();
  -- Where there are too many for one seal, it ends before the first that is too many.
  select least(v_until, min(j.recorded_at)) into v_until
  from (
    select j.recorded_at, row_number() over (order by j.recorded_at, j.id) as place,
      min(j.recorded_at) over () as first
    from (
      select j.recorded_at, j.id from ledger.journal as j
      where j.community_id = p_community_id and j.recorded_at >= v_from and j.recorded_at < v_until
      order by j.recorded_at, j.id
      limit p_journals_max + 512
    ) as j
  ) as j
  where j.place > p_journals_max and j.recorded_at > j.first;
  if v_until <= v_from then
    return 0;
  end if;

  select * into v_seal
  from ledger.seal_hash(p_community_id, v_from, v_until, coalesce(v_last.hash, ''));
  -- A span without journals is left open: a quiet community makes no seals.
  if v_seal.journals = 0 then
    return 0;
  end if;
  insert into ledger.seal (community_id, number, sealed_from, sealed_until, journals, hash)
  values (
    p_community_id, coalesce(v_last.number, 0) + 1, v_from, v_until, v_seal.journals, v_seal.hash
  );
  return v_seal.journals;
end
$$;

revoke execute on function ledger.seal_hash, ledger.seal_next from public;
grant select on ledger.seal to soccs_app;
-- Verifying recomputes the hashes as the service's own role.
grant execute on function ledger.seal_hash, ledger.seal_next to soccs_app;
