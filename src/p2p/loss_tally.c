/* loss_tally.c - see loss_tally.h. */
#include "p2p/loss_tally.h"

#define PAUSE_MIN_MS  4
#define UNDER_WAY_MAX 16

uint64_t loss_tally_pause_ms(uint64_t rtt_us)
{
    uint64_t ms = rtt_us / 1000 / UNDER_WAY_MAX;
    return ms > PAUSE_MIN_MS ? ms : PAUSE_MIN_MS;
}

uint32_t loss_tally_packets(uint64_t rtt_us)
{
    uint64_t n = LOSS_BURST_MS / loss_tally_pause_ms(rtt_us);
    return n > UNDER_WAY_MAX ? (uint32_t)n : UNDER_WAY_MAX;
}

uint32_t loss_tally_sent(struct loss_tally *t, uint64_t now_us)
{
    t->sent_us[t->sent] = now_us;
    return t->sent++;
}

void loss_tally_back(struct loss_tally *t, uint64_t number, uint64_t now_us)
{
    if (number >= t->sent || t->is_back[number])
        return;
    uint64_t rtt_us = now_us - t->sent_us[number];
    if (t->back) {
        t->sum_us += rtt_us > t->last_us ? rtt_us - t->last_us : t->last_us - rtt_us;
        t->npairs++;
    }
    t->is_back[number] = true;
    t->back++;
    t->last_us = rtt_us;
}

struct loss_result loss_tally_result(const struct loss_tally *t, uint64_t there)
{
    uint64_t got = there < t->back ? t->back : there > t->sent ? t->sent : there;

    return (struct loss_result){ .sent = t->sent,
                                 .there = (uint32_t)got,
                                 .back = t->back,
                                 .jitter_us = t->npairs ? t->sum_us / t->npairs : 0 };
}

static double percent_lost(uint32_t sent, uint32_t got)
{
    return sent ? 100.0 * (sent - got) / sent : 0;
}

double loss_percent_out(const struct loss_result *r)
{
    return percent_lost(r->sent, r->there);
}

double loss_percent_in(const struct loss_result *r)
{
    return percent_lost(r->there, r->back);
}
