/* page_pac.c - see page_pac.h.  The script keeps to ECMAScript 3: what reads it is old. */
#include "web/page_pac.h"

#define P2P "p2p" /* ours whatever the tiers say; listed once */

/* Inside a string literal of JavaScript, whatever the text holds. */
static void put_js(struct strbuf *b, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";

    for (const char *p = text; *p; p++)
        strbuf_printf(b, strchr(plain, *p) ? "%c" : "\\x%02x", (unsigned char)*p);
}

/* A key begins with a dot: so it meets no property that every object has. */
static void put_domain(void *arg, const char *domain)
{
    struct strbuf *b = arg;

    if (strcmp(domain, P2P) == 0)
        return;
    strbuf_puts(b, ",\n        \".");
    put_js(b, domain);
    strbuf_puts(b, "\": 1");
}

static void put_net(struct strbuf *b, const struct ipaddr *net)
{
    strbuf_printf(b, "/^\\.%d\\.%d\\.\\d+\\.\\d+$/.test(name) || // a stable address\n        ",
                  net->b[0], net->b[1]);
}

void page_pac(struct resolver *r, const struct ipaddr *net, const char *at, struct strbuf *out)
{
    strbuf_puts(out, "function FindProxyForURL(url, host) {\n"
                     "    var gw = \"PROXY ");
    put_js(out, at);
    strbuf_puts(out, "; SOCKS5 ");
    put_js(out, at);
    strbuf_puts(out, "\";\n"
                     "    var ours = {\n"
                     "        \"." P2P "\": 1");
    resolver_domains(r, put_domain, out);
    strbuf_puts(out, "\n"
                     "    };\n"
                     "    var name = \".\" + host.toLowerCase().replace(/\\.$/, \"\");\n"
                     "    if (");
    if (net)
        put_net(out, net);
    strbuf_puts(out, "/\\.k[0-9a-z]{55,62}$/.test(name)) // a peer id\n"
                     "        return gw;\n"
                     "    for (var i = 0; i >= 0; i = name.indexOf(\".\", i + 1))\n"
                     "        if (ours.hasOwnProperty(name.substring(i)))\n"
                     "            return gw;\n"
                     "    return \"DIRECT\";\n"
                     "}\n");
}
