/* svc_offers.c - see svc_offers.h. */
#include "svc/svc_offers.h"

#include <jansson.h>

#include "base/err.h"
#include "base/headroom.h"
#include "svc/svc_proto.h"

static uint16_t read_port(const json_t *v, struct bytes name)
{
    const json_t *port = json_object_get(v, "port");
    json_int_t n = json_integer_value(port);

    if (!port)
        return svc_proto_name_port(name);
    return (uint16_t)(n > 0 && n <= UINT16_MAX ? n : 0);
}

static bool read_offer(const json_t *v, struct svc_offer *out)
{
    const json_t *text = json_object_get(v, "name");
    struct bytes name = { (const uint8_t *)json_string_value(text), json_string_length(text) };

    if (!service_name_ok(name) || json_is_false(json_object_get(v, "enabled")))
        return false;
    *out = (struct svc_offer){ .port = read_port(v, name),
                               .is_tcp = json_is_string(json_object_get(v, "protocol")),
                               .is_udp = json_is_true(json_object_get(v, "udp")) };
    memcpy(out->name, name.p, name.n);
    return true;
}

int svc_offers_read(struct bytes json, struct svc_offer *out, size_t max)
{
    size_t n = 0, i;
    json_t *v;

    if (!headroom_is_there())
        return GW_ENOMEM;
    json_t *list = json_loadb((const char *)json.p, json.n, 0, NULL);
    if (!json_is_array(list)) {
        json_decref(list);
        return GW_EPROTO;
    }
    json_array_foreach(list, i, v)
    {
        if (n < max && read_offer(v, &out[n]))
            n++;
    }
    json_decref(list);
    return (int)n;
}
