/* Preloaded into a server by freeze.py: where the file STOP_FILE is, the process stops itself right before it writes to
   the carrier at CARRIER_PORT, after its last look at the clock. The file is taken away first, so that it stops once. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void stop_if_asked(int fd) {
    const char *file = getenv("STOP_FILE"), *port = getenv("CARRIER_PORT");
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    if (!file || !port || getpeername(fd, (struct sockaddr *)&peer, &length) || peer.sin_family != AF_INET) return;
    if (ntohs(peer.sin_port) == atoi(port) && unlink(file) == 0) raise(SIGSTOP);
}

ssize_t send(int fd, const void *words, size_t length, int flags) {
    static ssize_t (*real)(int, const void *, size_t, int);
    if (!real) real = (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    stop_if_asked(fd);
    return real(fd, words, length, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    static ssize_t (*real)(int, const struct iovec *, int);
    if (!real) real = (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
    stop_if_asked(fd);
    return real(fd, parts, count);
}
