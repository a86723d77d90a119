/* quic_close.c - see quic_close.h. */
#include "transport/quic_close.h"

#include "base/err.h"

/* RFC 8446 s.6.2 */
#define ALERT_ACCESS_DENIED           49
#define ALERT_NO_APPLICATION_PROTOCOL 120

void quic_close_reason(int err, ngtcp2_ccerr *out)
{
    uint64_t code = QUIC_CLOSE_ERROR;

    if (err == 0 || err == GW_ECLOSED || err == GW_ECANCELED)
        code = QUIC_CLOSE_NONE;
    else if (err == GW_EDENIED)
        code = QUIC_CLOSE_DENIED;
    else if (err == GW_ELIMIT)
        code = QUIC_CLOSE_LIMIT;
    ngtcp2_ccerr_set_application_error(out, code, NULL, 0);
}

/* Why the peer closed. */
static int error_of(const ngtcp2_ccerr *from)
{
    if (from->type == NGTCP2_CCERR_TYPE_APPLICATION) {
        switch (from->error_code) {
        case QUIC_CLOSE_DENIED:
            return GW_EDENIED;
        case QUIC_CLOSE_LIMIT:
            return GW_ELIMIT;
        default:
            return GW_ECLOSED;
        }
    }
    if (from->type != NGTCP2_CCERR_TYPE_TRANSPORT)
        return GW_ECLOSED;
    switch (from->error_code) {
    case NGTCP2_NO_ERROR:
        return GW_ECLOSED;
    case NGTCP2_CONNECTION_REFUSED:
        return GW_ELIMIT;
    case NGTCP2_CRYPTO_ERROR | ALERT_ACCESS_DENIED:
        return GW_EDENIED;
    default:
        return GW_EPROTO;
    }
}

/* GnuTLS has one alert for whatever verify says. */
static uint8_t alert_of(ngtcp2_conn *nc, int refused)
{
    switch (refused) {
    case GW_EDENIED:
        return ALERT_ACCESS_DENIED;
    case GW_ENOPROTO:
        return ALERT_NO_APPLICATION_PROTOCOL;
    default:
        return ngtcp2_conn_get_tls_alert(nc);
    }
}

int quic_close_judge(ngtcp2_conn *nc, int rv, int refused, ngtcp2_ccerr *out, bool *is_silent)
{
    *is_silent = true;
    switch (rv) {
    case NGTCP2_ERR_DRAINING:
        return error_of(ngtcp2_conn_get_ccerr(nc));
    case NGTCP2_ERR_IDLE_CLOSE:
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        return GW_ETIMEOUT;
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_CLOSING:
    case NGTCP2_ERR_RETRY:
        return GW_EPROTO;
    default:
        *is_silent = false;
    }
    if (rv == NGTCP2_ERR_CRYPTO) {
        ngtcp2_ccerr_set_tls_alert(out, alert_of(nc, refused), NULL, 0);
        return refused ? refused : GW_EPROTO;
    }
    ngtcp2_ccerr_set_liberr(out, rv, NULL, 0);
    switch (rv) {
    case NGTCP2_ERR_NOMEM:
        return GW_ENOMEM;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
        return GW_EUNSUP;
    default:
        return refused ? refused : GW_EPROTO;
    }
}
