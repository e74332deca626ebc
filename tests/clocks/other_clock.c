/* Gives liblsl, and nothing else in the process, a monotonic clock with an offset and a drift.

   Loaded with LD_PRELOAD. OTHER_CLOCK_OFFSET_S is the offset in seconds, OTHER_CLOCK_PPM the drift
   in parts per million. Other callers keep the kernel's clock, so sleeps and timeouts stay right. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double offset_s, ppm;
static long long start_ns;

static long long in_ns(const struct timespec *time) {
    return time->tv_sec * 1000000000LL + time->tv_nsec;
}

__attribute__((constructor)) static void read_settings(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    start_ns = in_ns(&now);
    offset_s = getenv("OTHER_CLOCK_OFFSET_S") ? atof(getenv("OTHER_CLOCK_OFFSET_S")) : 0;
    ppm = getenv("OTHER_CLOCK_PPM") ? atof(getenv("OTHER_CLOCK_PPM")) : 0;
}

/* liblsl reads its clock through std::chrono, in either library. */
static int is_liblsl(void *caller) {
    Dl_info found;
    return dladdr(caller, &found) && found.dli_fname &&
           (strstr(found.dli_fname, "liblsl") || strstr(found.dli_fname, "libstdc++"));
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int failed = syscall(SYS_clock_gettime, clock, time);
    if (failed || clock != CLOCK_MONOTONIC || !is_liblsl(__builtin_return_address(0)))
        return failed;
    long long now = in_ns(time), moved;
    moved = now + (long long)(offset_s * 1e9) + (long long)((now - start_ns) * ppm * 1e-6);
    time->tv_sec = moved / 1000000000LL;
    time->tv_nsec = moved % 1000000000LL;
    return 0;
}
