/* The frame limit: an epoll loop that sends back what it reads. Prints its port. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static char data[65536];
    struct epoll_event ready[512], wanted = {.events = EPOLLIN};
    struct sockaddr_in where = {.sin_family = AF_INET};
    socklen_t size = sizeof where;
    int on = 1, door = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);

    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(door, (void *)&where, sizeof where) || listen(door, 4096))
        return 1;
    getsockname(door, (void *)&where, &size);
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);
    wanted.data.fd = door;
    epoll_ctl(poll, EPOLL_CTL_ADD, door, &wanted);
    for (;;) {
        int count = epoll_wait(poll, ready, 512, -1);
        for (int at = 0; at < count; at++) {
            int peer = ready[at].data.fd;
            if (peer == door) {
                peer = accept(door, NULL, NULL);
                setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                wanted.data.fd = peer;
                epoll_ctl(poll, EPOLL_CTL_ADD, peer, &wanted);
                continue;
            }
            ssize_t got = read(peer, data, sizeof data);
            if (got <= 0 || write(peer, data, got) != got)
                close(peer);
        }
    }
}
