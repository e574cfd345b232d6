"""moto's server, with a Route 53 that takes a batch of changes as AWS documents it: one change after the other on a copy, a DELETE
matches the record set that is there in all its values, a CREATE finds nothing there, and the copy counts as a whole or not at all.
moto itself looks only whether such a record set was ever made, and deletes by the identifier alone, whatever the name is."""

from threading import Lock

from moto.route53.exceptions import DnsNameInvalidForZone, Route53ClientError
from moto.route53.models import RecordSet, Route53Backend
from moto.server import main

one_at_a_time = Lock()
ROUTING = ["Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer", "HealthCheckId", "AliasTarget"]


def wrong(message):
    return Route53ClientError("InvalidChangeBatch", f"[{message}]")


def label(key):
    name, type_, identifier = key
    return f"[name='{name}', type='{type_}'" + (f", set-identifier='{identifier}']" if identifier else "]")


def values(given):
    records = sorted(record["Value"] for record in given.get("ResourceRecords") or [])
    return [str(given.get("TTL")), records, *(str(given[field]) if given.get(field) is not None else None for field in ROUTING)]


def as_given(there):
    """A record set of moto's in the shape of a request."""
    return {
        **{"Name": there.name, "Type": there.type, "SetIdentifier": there.set_identifier, "TTL": there.ttl},
        **{"ResourceRecords": [{"Value": value} for value in there.records], "Weight": there.weight},
        **{"Region": there.region, "Failover": there.failover, "GeoLocation": there.geo_location},
        **{"MultiValueAnswer": there.multi_value_answer, "HealthCheckId": there.health_check_id},
        "AliasTarget": there.alias_target,
    }


def check_beside(key, given, sets):
    """What may stand beside other record sets of the same name and type."""
    for other, there in sets.items():
        if other == key or other[:2] != key[:2]:
            continue
        if (other[2] is None) != (key[2] is None):
            raise wrong(f"RRSet with DNS name {key[0]}, type {key[1]} cannot be created as other RRSets exist with the same name and type")
        if str(there.get("TTL")) != str(given.get("TTL")):
            raise wrong(f"RRSet with DNS name {key[0]}, type {key[1]} cannot be created as weighted sets must contain the same TTL")


def change_resource_record_sets(self, zoneid, change_list):
    zone = self.get_hosted_zone(zoneid)
    with one_at_a_time:
        sets = {(one.name, one.type, one.set_identifier): as_given(one) for one in zone.rrsets}
        for change in change_list:
            given = change["ResourceRecordSet"]
            given["Name"] = given["Name"].rstrip(".").lower() + "."
            key = (given["Name"], given["Type"], given.get("SetIdentifier"))
            if not f".{given['Name']}".endswith(f".{zone.name.rstrip('.')}."):
                raise DnsNameInvalidForZone(name=given["Name"], zone_name=zone.name)
            if change["Action"] == "DELETE":
                if key not in sets:
                    raise wrong(f"Tried to delete resource record set {label(key)} but it was not found")
                if values(sets[key]) != values(given):
                    raise wrong(f"Tried to delete resource record set {label(key)} but the values provided do not match the current values")
                del sets[key]
                continue
            if change["Action"] == "CREATE" and key in sets:
                raise wrong(f"Tried to create resource record set {label(key)} but it already exists")
            check_beside(key, given, sets)
            sets[key] = given
        zone.rrsets = [
            RecordSet({**one, "ResourceRecords": [record["Value"] for record in one.get("ResourceRecords") or []]})
            for one in sets.values()
        ]


Route53Backend.change_resource_record_sets = change_resource_record_sets
main()
