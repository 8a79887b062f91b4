-- Freezing in the DataStore: a published table belongs to a role nobody logs in as. Row and event triggers leak there
-- (RENAME, DROP VIEW, DROP INDEX); ownership does not. Run as superuser on the DataStore's database, after CKAN's own
-- `datastore set-permissions`; running it again changes nothing. CKAN's write role is the one that script names.
do $setup$
declare
    writer text := (select pg_get_userbyid(relowner) from pg_class
                    where relname = '_table_metadata' and relnamespace = 'public'::regnamespace);
begin
    if writer is null then
        raise exception 'run "ckan datastore set-permissions" on this database first';
    end if;
    if not exists (select from pg_roles where rolname = 'datastore_owner') then
        create role datastore_owner nologin;
    end if;
    if (select rolcanlogin from pg_roles where rolname = 'datastore_owner') then
        raise exception 'datastore_owner must not be able to log in';
    end if;
    execute format('grant %I to datastore_owner', writer);
    grant create, usage on schema public to datastore_owner;
end
$setup$;

create or replace function public.steamcity_datastore_freeze(resource_id text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
declare
    owner text;
begin
    if resource_id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
        raise exception 'not the table of a resource' using errcode = '22023';
    end if;
    select pg_get_userbyid(relowner) into owner from pg_class
        where relname = resource_id and relkind = 'r' and relnamespace = 'public'::regnamespace;
    if owner is null or owner not in (session_user, 'datastore_owner') then
        raise exception 'there is no table of this resource to freeze' using errcode = '42P01';
    end if;
    execute format('alter table public.%I owner to datastore_owner', resource_id);
    execute format('revoke all on public.%I from public', resource_id);
    execute format('revoke all on public.%I from %I', resource_id, session_user);
    execute format('grant select on public.%I to %I', resource_id, session_user);
end
$body$;

-- The counterpart, for a version that was never finished or whose bytes have to go. Not from within a trigger: those are
-- functions an administrator of the site may write.
create or replace function public.steamcity_datastore_release(resource_id text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
begin
    if pg_trigger_depth() > 0 then
        raise exception 'a trigger may not release a frozen table' using errcode = '42501';
    end if;
    if resource_id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
        raise exception 'not the table of a resource' using errcode = '22023';
    end if;
    if not exists (select from pg_class where relname = resource_id and relkind = 'r'
                   and relnamespace = 'public'::regnamespace and relowner = 'datastore_owner'::regrole) then
        raise exception 'there is no frozen table of this resource' using errcode = '42P01';
    end if;
    execute format('alter table public.%I owner to %I', resource_id, session_user);
end
$body$;

do $rights$
declare
    writer text := (select pg_get_userbyid(relowner) from pg_class
                    where relname = '_table_metadata' and relnamespace = 'public'::regnamespace);
begin
    alter function public.steamcity_datastore_freeze(text) owner to datastore_owner;
    alter function public.steamcity_datastore_release(text) owner to datastore_owner;
    revoke all on function public.steamcity_datastore_freeze(text) from public;
    revoke all on function public.steamcity_datastore_release(text) from public;
    execute format('grant execute on function public.steamcity_datastore_freeze(text) to %I', writer);
    execute format('grant execute on function public.steamcity_datastore_release(text) to %I', writer);
end
$rights$;
