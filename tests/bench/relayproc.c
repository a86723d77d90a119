/* relayproc.c - see relayproc.h; proc(5). */
#include "relayproc.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *open_of(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "r");
}

static bool read_memory(pid_t pid, struct relayproc *out)
{
    unsigned long long pages = 0;
    FILE *f = open_of(pid, "statm");
    bool is_read = f && fscanf(f, "%*u %llu", &pages) == 1;

    if (f)
        fclose(f);
    out->rss = pages * (unsigned long long)sysconf(_SC_PAGESIZE);
    return is_read;
}

static bool read_time(pid_t pid, struct relayproc *out)
{
    char line[512] = "";
    unsigned long long user, system;
    FILE *f = open_of(pid, "stat");

    if (f && !fgets(line, sizeof line, f))
        line[0] = '\0';
    if (f)
        fclose(f);
    const char *rest = strrchr(line, ')'); /* behind the command, which may hold anything */
    if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                        &system) != 2)
        return false;
    out->cpu_s = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

static bool count_descriptors(pid_t pid, struct relayproc *out)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *d = opendir(path);
    if (!d)
        return false;
    out->descriptors = 0;
    for (const struct dirent *e; (e = readdir(d));)
        out->descriptors += e->d_name[0] != '.';
    closedir(d);
    return true;
}

bool relayproc_read(pid_t pid, struct relayproc *out)
{
    return read_memory(pid, out) && read_time(pid, out) && count_descriptors(pid, out);
}
