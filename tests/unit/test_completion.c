/* test_completion.c - the scripts for the shells, run by these shells where they are installed; in
 * place of gw a script answers that tells what it was asked. */
#include "main/completion.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vec.h"

static char dir[64], script[96], fake[96];

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/gw-completion-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(script, sizeof script, "%s/script", dir);
    snprintf(fake, sizeof fake, "%s/gw", dir);
    write_file(fake, "#!/bin/sh\n"
                     "case \"$*\" in\n"
                     "names) echo home; echo laptop.grewal ;;\n"
                     "'-d /other names') echo other ;;\n"
                     "services) echo 'NAME  PORT'; echo 'ssh   22'; echo 'web   80' ;;\n"
                     "*) echo \"asked: $*\"; exit 1 ;;\n"
                     "esac\n");
    return chmod(fake, 0700);
}

static int teardown(void **state)
{
    (void)state;
    unlink(script);
    unlink(fake);
    return rmdir(dir);
}

static void make(void (*print)(FILE *))
{
    FILE *f = fopen(script, "w");
    assert_non_null(f);
    print(f);
    assert_int_equal(fclose(f), 0);
}

static bool has_shell(const char *name)
{
    char line[64];
    snprintf(line, sizeof line, "command -v %s >/dev/null", name);
    return system(line) == 0;
}

/* What the command line writes, each end of line as a blank. */
static const char *output(const char *line)
{
    static char text[4096];
    FILE *p = popen(line, "r");
    assert_non_null(p);
    size_t n = fread(text, 1, sizeof text - 1, p);
    text[n] = '\0';
    pclose(p);
    for (char *at = text; (at = strchr(at, '\n')) != NULL;)
        *at = ' ';
    return text;
}

/* What bash offers for the words, the last of which is being typed. */
static const char *bash_offers(const char *words)
{
    char line[1024];
    snprintf(line, sizeof line,
             "bash -c 'source %s; COMP_WORDS=(%s %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
             "_gw %s; printf \"%%s\\n\" \"${COMPREPLY[@]}\"' 2>/dev/null",
             script, fake, words, fake);
    return output(line);
}

/* fish knows a program by its last name and runs it by the one on the line. */
static const char *fish_offers(const char *rest)
{
    char line[1024];
    snprintf(line, sizeof line,
             "fish --no-config -c 'source %s; complete -C \"%s %s\" | string replace -r \"\\t.*\" "
             "\"\"' 2>&1",
             script, fake, rest);
    return output(line);
}

static bool offers(const char *list, const char *word)
{
    char want[64], padded[4100];
    snprintf(want, sizeof want, " %s ", word);
    snprintf(padded, sizeof padded, " %s", list);
    return strstr(padded, want) != NULL;
}

static void test_every_command_and_option_is_in_every_script(void **state)
{
    static void (*const prints[])(FILE *) = { completion_bash, completion_zsh, completion_fish };
    const struct options_row *r;
    struct cli_usage u;
    (void)state;
    for (size_t i = 0; i < COUNT(prints); i++) {
        char *text = NULL, want[16];
        size_t n;
        FILE *f = open_memstream(&text, &n);
        prints[i](f);
        fclose(f);
        for (size_t k = 0; cli_describe(k, &u); k++)
            assert_non_null(strstr(text, u.name));
        for (size_t k = 0; (r = options_row(k)) != NULL; k++) {
            snprintf(want, sizeof want, prints[i] == completion_fish ? "-s %c" : "-%c",
                     completion_letter(r));
            assert_true(!completion_letter(r) || strstr(text, want));
            assert_true(!r->name || strstr(text, r->name));
        }
        free(text);
    }
}

static void test_bash_offers_commands_and_options(void **state)
{
    struct cli_usage u;
    (void)state;
    make(completion_bash);
    const char *all = bash_offers("\"\"");
    for (size_t i = 0; cli_describe(i, &u); i++)
        assert_true(offers(all, u.name));
    assert_string_equal(bash_offers("sta"), "status ");
    assert_string_equal(bash_offers("-d /x -L 80 : home : 22 rel"), "reload ");
    assert_true(offers(bash_offers("-"), "-U"));
    assert_true(offers(bash_offers("-"), "-R"));
    assert_string_equal(bash_offers("--ver"), "--version ");
    assert_string_equal(bash_offers("perf --"), "--json --up --down --help ");
    assert_string_equal(bash_offers("status --h"), "--help ");
    assert_string_equal(bash_offers("network --"), "--json --host --help ");
    assert_string_equal(bash_offers("config \"\""), "--check --show ");
    assert_string_equal(bash_offers("completion \"\""), "bash zsh fish ");
    assert_string_equal(bash_offers("stop \"\""), " ");
}

static void test_bash_asks_gw_for_names_and_services(void **state)
{
    (void)state;
    make(completion_bash);
    assert_string_equal(bash_offers("ping \"\""), "home laptop.grewal ");
    assert_string_equal(bash_offers("ping -n 3 la"), "laptop.grewal ");
    assert_string_equal(bash_offers("ping -n \"\""), " "); /* a number */
    assert_string_equal(bash_offers("nc home \"\""), " ");
    assert_string_equal(bash_offers("-d /other ping \"\""), "other ");
    assert_string_equal(bash_offers("-d/other ping \"\""), "other ");
    assert_string_equal(bash_offers("allow home \"\""), "ssh web ");
    assert_string_equal(bash_offers("allow home ssh w"), "web ");
    assert_string_equal(bash_offers("ssh-config home l"), "laptop.grewal ");
}

static void test_bash_offers_directories_and_files(void **state)
{
    char want[128], line[128];
    (void)state;
    make(completion_bash);
    snprintf(line, sizeof line, "-f %s/scr", dir);
    snprintf(want, sizeof want, "%s ", script);
    assert_string_equal(bash_offers(line), want);
    snprintf(line, sizeof line, "-d %s/scr", dir);
    assert_string_equal(bash_offers(line), " ");
    snprintf(line, sizeof line, "-d %.*s", (int)strlen(dir) - 1, dir);
    snprintf(want, sizeof want, "%s ", dir);
    assert_string_equal(bash_offers(line), want);
}

static void test_fish_offers_the_same(void **state)
{
    struct cli_usage u;
    (void)state;
    if (!has_shell("fish"))
        skip();
    make(completion_fish);
    const char *all = fish_offers("");
    for (size_t i = 0; cli_describe(i, &u); i++)
        assert_true(offers(all, u.name));
    assert_string_equal(fish_offers("-d /x -L 80:home:22 rel"), "reload ");
    assert_string_equal(fish_offers("ping "), "home laptop.grewal ");
    assert_string_equal(fish_offers("ping -n "), "");
    assert_string_equal(fish_offers("ping -n 3 la"), "laptop.grewal ");
    assert_string_equal(fish_offers("-d /other ping "), "other ");
    assert_string_equal(fish_offers("nc home "), "");
    assert_string_equal(fish_offers("allow home "), "ssh web ");
    assert_string_equal(fish_offers("completion "), "bash fish zsh ");
    assert_string_equal(fish_offers("perf --"), "--down --help --json --up ");
    assert_string_equal(fish_offers("--ver"), "--version ");
}

static void test_zsh_can_read_its_script(void **state)
{
    char line[128];
    (void)state;
    if (!has_shell("zsh"))
        skip();
    make(completion_zsh);
    snprintf(line, sizeof line, "zsh -n %s 2>&1", script);
    assert_string_equal(output(line), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_and_option_is_in_every_script),
        cmocka_unit_test(test_bash_offers_commands_and_options),
        cmocka_unit_test(test_bash_asks_gw_for_names_and_services),
        cmocka_unit_test(test_bash_offers_directories_and_files),
        cmocka_unit_test(test_fish_offers_the_same),
        cmocka_unit_test(test_zsh_can_read_its_script),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
