#include "CDESCore.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char removed[4096];
static volatile sig_atomic_t is_armed;

// Only calls that are safe in a signal handler.
static void remove_and_exit(int number) {
    if (is_armed) (void)unlink(removed);
    _exit(128 + number);
}

int des_remove_when_interrupted(const char *path) {
    if (strlen(path) >= sizeof removed) return -1;
    is_armed = 0;
    strcpy(removed, path);
    is_armed = 1;
    struct sigaction action = {.sa_handler = remove_and_exit};
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction current;
        // A signal that whoever started the program has had ignored (nohup) stays ignored.
        if (sigaction(numbers[i], NULL, &current) == 0 && current.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
    return 0;
}

void des_keep_when_interrupted(void) { is_armed = 0; }
