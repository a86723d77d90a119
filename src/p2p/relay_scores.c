/* relay_scores.c - see relay_scores.h. */
#include "p2p/relay_scores.h"

#define STEP_US      (RELAY_SCORES_STEP_MS * UINT64_C(1000))
#define SHARE        4     /* of a new sample in the average: one in so many */
#define STALE_MS     60000 /* an average that old is replaced */
#define MARGIN       4     /* a cost moves by one in so many, or more */
#define BUSY_MIN_US  30000 /* spent waiting: busy; on long ways half of the round trip */
#define FULL_MS      60000 /* avoided after the first refusal, */
#define UNREACHED_MS 15000 /* or when it was not reached, */
#define DOUBLED_MAX  4     /* doubled so often at most */

static const char *const load_names[] = { [RELAY_LOAD_UNKNOWN] = "unknown",
                                          [RELAY_LOAD_LOW] = "low",
                                          [RELAY_LOAD_BUSY] = "busy",
                                          [RELAY_LOAD_FULL] = "full" };

const char *relay_load_name(enum relay_load l)
{
    return load_names[l];
}

static struct relay_score *find(struct relay_scores *t, const struct peerid *relay)
{
    for (size_t i = 0; i < t->n; i++)
        if (peerid_eq(&t->v[i].relay, relay))
            return &t->v[i];
    return NULL;
}

static struct relay_score *oldest(struct relay_scores *t)
{
    struct relay_score *s = &t->v[0];

    for (size_t i = 1; i < t->n; i++)
        if (t->v[i].heard_ms < s->heard_ms)
            s = &t->v[i];
    return s;
}

static struct relay_score *find_or_make(struct relay_scores *t, const struct peerid *relay)
{
    struct relay_score *s = find(t, relay);

    if (s)
        return s;
    s = t->n < RELAY_SCORES_MAX ? &t->v[t->n++] : oldest(t);
    *s = (struct relay_score){ .relay = *relay };
    return s;
}

/* ---- what a sample does ---- */

static void average(uint64_t *mean_us, uint64_t *of_ms, uint64_t us, uint64_t now_ms)
{
    bool is_stale = !*of_ms || now_ms - *of_ms >= STALE_MS;

    *mean_us = is_stale ? us : (*mean_us * (SHARE - 1) + us) / SHARE;
    *of_ms = now_ms;
}

static void note_best(struct relay_score *s, uint64_t us, uint64_t now_ms)
{
    uint64_t age_ms = now_ms - s->best_ms;

    if (!s->best_us[0] || age_ms >= RELAY_SCORES_BEST_MS) {
        s->best_us[1] = s->best_us[0] && age_ms < 2 * RELAY_SCORES_BEST_MS ? s->best_us[0] : us;
        s->best_us[0] = us;
        s->best_ms = now_ms;
    } else if (us < s->best_us[0]) {
        s->best_us[0] = us;
    }
}

static uint64_t best_of(const struct relay_score *s)
{
    return s->best_us[0] < s->best_us[1] ? s->best_us[0] : s->best_us[1];
}

static void avoid(struct relay_avoided *a, uint64_t first_ms, uint64_t now_ms)
{
    a->until_ms = now_ms + (first_ms << (a->times < DOUBLED_MAX ? a->times : DOUBLED_MAX));
    a->times++;
}

/* ---- the cost ---- */

static bool is_fresh(uint64_t of_ms, uint64_t now_ms)
{
    return of_ms && now_ms - of_ms < RELAY_SCORES_FRESH_MS;
}

/* What is spent there waiting. */
static uint64_t waiting_us(const struct relay_score *s, uint64_t now_ms)
{
    uint64_t us = is_fresh(s->work_ms, now_ms) ? s->work_us : 0;

    if (is_fresh(s->rtt_ms, now_ms) && s->rtt_us > best_of(s))
        us += s->rtt_us - best_of(s);
    return us;
}

static void settle(struct relay_score *s, uint64_t now_ms)
{
    uint64_t waiting = waiting_us(s, now_ms), best = best_of(s);
    uint64_t busy = best / 2 > BUSY_MIN_US ? best / 2 : BUSY_MIN_US;

    if (!best)
        return;
    s->is_busy = waiting >= (s->is_busy ? busy / 2 : busy);
    uint64_t is_us = best + 2 * waiting;
    uint64_t margin = s->cost_us / MARGIN > STEP_US ? s->cost_us / MARGIN : STEP_US;
    uint64_t off = is_us > s->cost_us ? is_us - s->cost_us : s->cost_us - is_us;
    if (!s->cost_us || off >= margin)
        s->cost_us = is_us;
}

static bool is_avoided(const struct relay_avoided *a, uint64_t now_ms)
{
    return now_ms < a->until_ms;
}

/* ---- public ---- */

void relay_scores_note(struct relay_scores *t, const struct peerid *relay, enum relay_sign sign,
                       uint64_t us, uint64_t now_ms)
{
    struct relay_score *s = find_or_make(t, relay);

    s->heard_ms = now_ms;
    switch (sign) {
    case RELAY_RTT:
        note_best(s, us, now_ms);
        average(&s->rtt_us, &s->rtt_ms, us, now_ms);
        if (us == best_of(s))
            s->rtt_us = us; /* nothing queues now */
        s->unreached = (struct relay_avoided){ 0 };
        break;
    case RELAY_WORK:
        average(&s->work_us, &s->work_ms, us, now_ms);
        break;
    case RELAY_ACCEPTED:
        s->full = s->unreached = (struct relay_avoided){ 0 };
        break;
    case RELAY_REFUSED:
        avoid(&s->full, FULL_MS, now_ms);
        break;
    case RELAY_UNREACHED:
        avoid(&s->unreached, UNREACHED_MS, now_ms);
        break;
    }
    settle(s, now_ms);
}

void relay_scores_moved(struct relay_scores *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->v[i] = (struct relay_score){ .relay = t->v[i].relay,
                                        .heard_ms = t->v[i].heard_ms,
                                        .full = t->v[i].full };
}

uint64_t relay_scores_cost_ms(struct relay_scores *t, const struct peerid *relay, uint64_t now_ms)
{
    struct relay_score *s = find(t, relay);

    if (!s)
        return RELAY_SCORES_UNKNOWN_MS;
    settle(s, now_ms);
    uint64_t steps = (s->cost_us + STEP_US / 2) / STEP_US;
    uint64_t ms = s->cost_us ? steps * RELAY_SCORES_STEP_MS : RELAY_SCORES_UNKNOWN_MS;
    bool is_to_avoid = is_avoided(&s->full, now_ms) || is_avoided(&s->unreached, now_ms);
    return is_to_avoid ? ms + RELAY_SCORES_AVOIDED_MS : ms;
}

enum relay_load relay_scores_load(struct relay_scores *t, const struct peerid *relay,
                                  uint64_t now_ms)
{
    struct relay_score *s = find(t, relay);

    if (!s)
        return RELAY_LOAD_UNKNOWN;
    settle(s, now_ms);
    if (is_avoided(&s->full, now_ms))
        return RELAY_LOAD_FULL;
    if (!is_fresh(s->rtt_ms, now_ms))
        return RELAY_LOAD_UNKNOWN;
    return s->is_busy ? RELAY_LOAD_BUSY : RELAY_LOAD_LOW;
}
