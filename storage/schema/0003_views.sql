-- For people and their tools; the gateway itself never reads a view.

-- A terminal may claim a time no calendar has: that is shown as null instead of failing the query.
create function moment(ms bigint) returns timestamptz language sql immutable parallel safe as
$$ select case when ms between -62135596800000 and 253402300799999 then to_timestamp(ms / 1000.0) end $$;

create view passage_view as
select
    p.id,
    d.serial,
    j.code as project_code,
    j.name as project_name,
    c.name as channel_name,
    moment(p.corrected_ms) as event_at,
    moment(p.device_ms) as device_at,
    moment(p.received_ms) as received_at,
    moment(p.committed_ms) as committed_at,
    p.delay_ms,
    p.offset_ms as clock_offset_ms,
    (array['plausible', 'future', 'before_system'])[p.verdict + 1] as time_verdict,
    (array['unknown', 'in', 'out'])[p.direction + 1] as direction,
    (array['unknown', 'message', 'mounting', 'inferred'])[p.direction_source + 1] as direction_source,
    case p.decision
        when 0 then 'denied' when 1 then 'granted' when 2 then 'stranger'
        when 3 then 'second_factor_wanted' when 4 then 'on_stop_list' when 5 then 'not_on_roster'
        when 6 then 'certificate_expired' when 7 then 'outside_schedule'
        when 8 then 'liveness_failed' when 9 then 'helmet_missing' else 'unknown'
    end as decision,
    array_remove(array[
        case when p.means & 1 > 0 then 'face' end, case when p.means & 2 > 0 then 'iris' end,
        case when p.means & 4 > 0 then 'finger' end, case when p.means & 8 > 0 then 'card' end,
        case when p.means & 16 > 0 then 'id_card' end, case when p.means & 32 > 0 then 'qr' end,
        case when p.means & 64 > 0 then 'pin' end, case when p.means & 128 > 0 then 'palm' end,
        case when p.means & 256 > 0 then 'guard' end, case when p.means & 512 > 0 then 'remote' end,
        case when p.means & 1024 > 0 then 'manual' end
    ], null) as means,
    p.claim,
    (array['unknown', 'terminal', 'gateway', 'guard', 'terminal_after_deadline'])[p.verified_by + 1]
        as verified_by,
    p.score,
    p.liveness,
    p.temperature_c,
    p.helmet,
    p.door,
    (array['live', 'backfill'])[p.lane + 1] as lane,
    array_remove(array[
        case when p.flags & 1 > 0 then 'stranger' end,
        case when p.flags & 2 > 0 then 'refused' end,
        case when p.flags & 4 > 0 then 'test_run' end,
        case when p.flags & 8 > 0 then 'time_quarantined' end,
        case when p.flags & 16 > 0 then 'repeat' end,
        case when p.flags & 32 > 0 then 'clock_not_synchronised' end,
        case when p.flags & 64 > 0 then 'taken_offline' end,
        case when p.flags & 128 > 0 then 'supplier_in_grace' end,
        case when p.flags & 256 > 0 then 'test_record' end,
        case when p.flags & 512 > 0 then 'duress' end,
        case when p.flags & 1024 > 0 then 'opened_by_guard' end
    ], null) as flags,
    -- A picture that was announced and has not come is given up after 72 hours (R-105, YLS/1 10.4).
    case
        when p.picture_digest is null then 'none'
        when i.picture is not null then 'with'
        when p.received_ms >= commit_ms() - 72 * 3600 * 1000::bigint then 'late'
        else 'failed'
    end as picture_state,
    exists (select from quarantined_record q where q.record = p.id) as disputed,
    p.adapter,
    p.series,
    p.number
from passage p
left join device d on d.id = p.device
left join project j on j.id = p.project
left join channel c on c.id = p.channel
left join picture_identity i on i.device = p.device and i.digest = p.picture_digest;
