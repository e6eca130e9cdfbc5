#include "CDESCore.h"
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTHING_TO_REMOVE, HELD_BACK, REMOVING };

static char removed[4096];
static int descriptor;
static atomic_int state = NOTHING_TO_REMOVE;
static atomic_int held_back;  // a signal that came while signals were held back

// Only calls that are safe in a signal handler.
static void remove_and_exit(int number) {
    struct stat mine, there;
    // Somebody else's file may have the name by now.
    if (atomic_load(&state) == REMOVING && fstat(descriptor, &mine) == 0 && lstat(removed, &there) == 0 &&
        mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
        (void)unlink(removed);
    _exit(128 + number);
}

static void handle(int number) {
    // Said before the state is asked for: who changes the state looks for it afterwards, so one of both sees the other.
    atomic_store(&held_back, number);
    if (atomic_load(&state) != HELD_BACK) remove_and_exit(number);
}

static void let_go(int next) {
    atomic_store(&state, next);
    int number = atomic_load(&held_back);
    if (number != 0) remove_and_exit(number);
}

void des_hold_interruptions(void) {
    atomic_store(&state, HELD_BACK);
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction current;
        // A signal that whoever started the program has had ignored (nohup) stays ignored.
        if (sigaction(numbers[i], NULL, &current) == 0 && current.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
}

void des_remove_when_interrupted(int file, const char *path) {
    if (strlen(path) >= sizeof removed) return let_go(NOTHING_TO_REMOVE);
    strcpy(removed, path);
    descriptor = file;
    let_go(REMOVING);
}

void des_keep_when_interrupted(void) { let_go(NOTHING_TO_REMOVE); }
