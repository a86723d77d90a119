/* quic_silence.c - see quic_silence.h. */
#include "transport/quic_silence.h"

uint64_t quic_silence_due(struct quic_silence *s, uint64_t rx, uint32_t streams, uint64_t rtt_ns,
                          uint64_t now_ns)
{
    if (rx != s->rx) {
        s->rx = rx;
        s->rx_ns = now_ns;
        s->late_ns = 2 * rtt_ns > QUIC_SILENCE_FIRST_NS ? 2 * rtt_ns : QUIC_SILENCE_FIRST_NS;
    }
    if (!streams || now_ns - s->rx_ns >= s->late_ns)
        s->late_ns = 0;
    return s->late_ns && s->late_ns < QUIC_SILENCE_NS ? s->late_ns : QUIC_SILENCE_NS;
}

void quic_silence_hear(struct quic_silence *s)
{
    s->owed_ns = 0;
}

void quic_silence_owe(struct quic_silence *s, bool is_owed, uint64_t now_ns)
{
    if (!is_owed)
        s->owed_ns = 0;
    else if (!s->owed_ns)
        s->owed_ns = now_ns;
}

uint64_t quic_silence_unanswered(const struct quic_silence *s, uint64_t now_ns)
{
    return s->owed_ns ? now_ns - s->owed_ns : 0;
}
