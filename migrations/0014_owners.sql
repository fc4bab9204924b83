-- Who owns a ticket: the owners of an order's item, one after the other. The last one owns it now. Only ever added to; whoever is to be
-- forgotten will need a grant of their own.
create table item_owners (
    reseller_id uuid not null,
    order_id uuid not null,
    item_no smallint not null,
    owner_no smallint not null,
    change text not null,
    -- As far as known: a ticket that costs nothing may be a nameless buyer's.
    name text,
    email text,
    language text,
    -- Which right to enter is the owner's. An older one than the last is no longer good; none where the ticket is void.
    credential_id uuid,
    since timestamptz not null,
    constraint item_owners_pkey primary key (reseller_id, order_id, item_no, owner_no),
    constraint item_owners_item_fkey foreign key (reseller_id, order_id, item_no) references order_items,
    constraint item_owners_no_positive check (owner_no > 0),
    constraint item_owners_change check (change in ('purchased', 'renamed', 'transferred', 'exchanged', 'voided')),
    constraint item_owners_language check (language in ('en', 'nl')),
    constraint item_owners_void_is_nobodys check (
        (change = 'voided') = (credential_id is null) and (change <> 'voided' or num_nonnulls(name, email, language) = 0))
);
-- A right to enter that somebody shows with another ticket than its own.
create index item_owners_credential_idx on item_owners (reseller_id, credential_id) where credential_id is not null;
call isolate('item_owners');
grant select, insert on item_owners to stagedoor_app;
