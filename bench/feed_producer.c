/*
 * A producer of DCP that costs next to nothing: one vbucket of mutations that are made in place and sent as fast as they are taken.
 *
 *     feed_producer <mutations> <bytes of a value>
 *
 * Prints the port that it listens on, and serves one client after the other until it is killed. It answers what a client of one
 * bucket asks before its stream, keeps to the window of the client, and grants no feature.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 24, EXTRAS = 31, KEY = 20, IN = 1 << 20, OUT = 4 << 20, SMALL = 1 << 16 };
enum { HELLO = 0x1f, SEQNOS = 0x48, OPEN = 0x50, CLOSE_STREAM = 0x52, STREAM_REQUEST = 0x53, FAILOVER_LOG = 0x54 };
enum { STREAM_END = 0x55, SNAPSHOT = 0x56, MUTATION = 0x57, NOOP = 0x5c, BUFFER_ACK = 0x5d, CONTROL = 0x5e };
enum { SELECT_BUCKET = 0x89, CLUSTER_CONFIG = 0xb5 };

static uint8_t in[IN], *out;
static size_t in_length, out_start, out_end;
static uint64_t total, next_seqno, window, unacked, frame_size, value_size;
static uint32_t stream_opaque;
static int streaming, sock;

static void put16(uint8_t *at, uint16_t n) { at[0] = n >> 8, at[1] = n; }
static void put32(uint8_t *at, uint32_t n) { put16(at, n >> 16), put16(at + 2, n); }
static void put64(uint8_t *at, uint64_t n) { put32(at, n >> 32), put32(at + 4, n); }
static uint32_t get32(const uint8_t *at) { return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

/* Begins a frame behind what waits; returns where its body goes. */
static uint8_t *frame(uint8_t magic, uint8_t opcode, uint16_t status, uint32_t opaque, int extras, uint32_t body) {
  uint8_t *at = out + out_end;
  memset(at, 0, HEADER);
  at[0] = magic, at[1] = opcode, at[4] = extras;
  put16(at + 6, status), put32(at + 8, body), put32(at + 12, opaque);
  out_end += HEADER + body;
  return at + HEADER;
}

static void answer(uint8_t opcode, uint16_t status, uint32_t opaque) { frame(0x81, opcode, status, opaque, 0, 0); }

static void history(uint8_t opcode, uint32_t opaque) {
  uint8_t *at = frame(0x81, opcode, 0, opaque, 0, 16);
  put64(at, 0xabcdef), put64(at + 8, 0);
}

static void begin_stream(const uint8_t *request) {
  uint8_t *at;
  stream_opaque = get32(request + 12);
  next_seqno = ((uint64_t)get32(request + HEADER + 8) << 32 | get32(request + HEADER + 12)) + 1;
  history(STREAM_REQUEST, stream_opaque);
  at = frame(0x80, SNAPSHOT, 0, stream_opaque, 20, 20);
  put64(at, next_seqno - 1), put64(at + 8, total), put32(at + 16, 1);
  unacked += HEADER + 20;
  streaming = 1;
}

static void end_stream(void) {
  uint8_t *at = frame(0x80, STREAM_END, 0, stream_opaque, 4, 4);
  put32(at, 0);
  streaming = 0;
}

/* Mutations as far as there is room and the window is open. */
static void fill(void) {
  while (streaming && out_end + frame_size + SMALL < OUT && (window == 0 || unacked < window)) {
    if (next_seqno > total) {
      end_stream();
      break;
    }
    uint8_t *at = frame(0x80, MUTATION, 0, stream_opaque, EXTRAS, EXTRAS + KEY + value_size);
    put16(at - HEADER + 2, KEY);
    put64(at - 8, next_seqno);
    memset(at, 0, EXTRAS);
    put64(at, next_seqno), put64(at + 8, 1);
    memcpy(at + EXTRAS, "document:00000000000", KEY);
    for (uint64_t n = next_seqno, i = KEY - 1; n > 0; n /= 10, i--) at[EXTRAS + i] = '0' + n % 10;
    memset(at + EXTRAS + KEY, 'v', value_size);
    unacked += frame_size;
    next_seqno++;
  }
}

static void handle(const uint8_t *request, uint32_t body) {
  uint8_t opcode = request[1];
  uint32_t opaque = get32(request + 12);
  const uint8_t *at = request + HEADER;
  if (request[0] != 0x80) return;
  switch (opcode) {
    case STREAM_REQUEST: begin_stream(request); break;
    case FAILOVER_LOG: history(opcode, opaque); break;
    case BUFFER_ACK: unacked -= get32(at) < unacked ? get32(at) : unacked; break;
    case CLUSTER_CONFIG: answer(opcode, 1, opaque); break;
    case SEQNOS: {
      uint8_t *to = frame(0x81, opcode, 0, opaque, 0, 10);
      put16(to, 0), put64(to + 2, total);
      break;
    }
    case CONTROL: {
      const char *name = "connection_buffer_size";
      uint16_t length = request[2] << 8 | request[3];
      if (length == strlen(name) && memcmp(at, name, length) == 0) {
        char text[24] = {0};
        memcpy(text, at + length, body - length < 23 ? body - length : 23);
        window = strtoull(text, NULL, 10);
      }
      answer(opcode, 0, opaque);
      break;
    }
    case HELLO: case SELECT_BUCKET: case OPEN: case CLOSE_STREAM: case NOOP: answer(opcode, 0, opaque); break;
    default: answer(opcode, 0x81, opaque);
  }
}

static int take(void) {
  ssize_t n = read(sock, in + in_length, IN - in_length);
  if (n < 0) return errno == EAGAIN;
  if (n == 0) return 0;
  in_length += n;
  size_t at = 0;
  while (in_length - at >= HEADER) {
    uint32_t body = get32(in + at + 8);
    if (in_length - at < HEADER + body) break;
    handle(in + at, body);
    at += HEADER + body;
  }
  memmove(in, in + at, in_length - at);
  in_length -= at;
  return 1;
}

static int give(void) {
  ssize_t n = write(sock, out + out_start, out_end - out_start);
  if (n < 0) return errno == EAGAIN;
  out_start += n;
  if (out_start == out_end) out_start = out_end = 0;
  return 1;
}

static void serve(void) {
  in_length = out_start = out_end = window = unacked = streaming = 0;
  for (int open = 1; open;) {
    if (out_start == out_end) fill();
    struct pollfd p = { sock, POLLIN | (out_end > out_start ? POLLOUT : 0), 0 };
    if (poll(&p, 1, -1) < 0) return;
    if (p.revents & (POLLIN | POLLHUP | POLLERR)) open = take();
    if (open && out_end > out_start && (p.revents & POLLOUT)) open = give();
  }
}

int main(int argc, char **argv) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  if (argc != 3) return fprintf(stderr, "feed_producer <mutations> <bytes of a value>\n"), 2;
  total = strtoull(argv[1], NULL, 10), value_size = strtoull(argv[2], NULL, 10);
  frame_size = HEADER + EXTRAS + KEY + value_size;
  out = malloc(OUT);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  while ((sock = accept(listener, NULL, NULL)) >= 0) {
    setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(sock, F_SETFL, O_NONBLOCK);
    serve();
    close(sock);
  }
  return 0;
}
