/*
 * What the protocol allows on this machine: a blocking pipeliner of binary requests over one connection.
 *
 *     ceiling <port> <first key>
 *
 * Takes the same lines on stdin as subject.ts and answers in the same form. A window of requests is in flight: whatever one
 * read answers is asked anew by one write. Replies are compared with what was asked, and small values are copied to where
 * a caller may keep them for a while, as a client has to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 24, KEY = 12, BATCH = 100, GET = 0x00, SET = 0x01, GETQ = 0x09, NOOP = 0x0a };
enum { IN = 8 << 20, KEPT = 1 << 20, OUT = 4 << 20, READ = 256 << 10, OWN_SEGMENT = 64 << 10 };

static int sock;
static long base;
static uint8_t in[IN], out[OUT];
static size_t in_start, in_end, out_length;
static uint8_t *value, *kept;
static uint32_t asked_opaque, answered_opaque;
static size_t kept_at;

static void fail(const char *what) {
  printf("@{\"error\":\"%s\"}\n", what);
  fflush(stdout);
  exit(1);
}

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu_now(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static void put32(uint8_t *at, uint32_t n) {
  n = htonl(n);
  memcpy(at, &n, 4);
}

static uint32_t get32(const uint8_t *at) {
  uint32_t n;
  memcpy(&n, at, 4);
  return ntohl(n);
}

static void send_parts(struct iovec *parts, int count) {
  while (count > 0) {
    ssize_t n = writev(sock, parts, count);
    if (n < 0) {
      if (errno == EINTR) continue;
      fail("write failed");
    }
    while (count > 0 && (size_t)n >= parts->iov_len) n -= parts->iov_len, parts++, count--;
    if (count > 0) parts->iov_base = (uint8_t *)parts->iov_base + n, parts->iov_len -= n;
  }
}

static void flush(void) {
  struct iovec part = {out, out_length};
  if (out_length > 0) send_parts(&part, 1);
  out_length = 0;
}

/* Appends a request; a large value leaves at once and is not copied. */
static void request(int opcode, long key, uint32_t opaque, size_t size) {
  size_t extras = opcode == SET ? 8 : 0, key_length = opcode == NOOP ? 0 : KEY;
  int own = size >= OWN_SEGMENT;
  if (out_length + HEADER + extras + key_length + (own ? 0 : size) > OUT) flush();
  uint8_t *at = out + out_length;
  memset(at, 0, HEADER + extras);
  at[0] = 0x80;
  at[1] = opcode;
  at[3] = key_length;
  at[4] = extras;
  put32(at + 8, extras + key_length + size);
  put32(at + 12, opaque);
  at += HEADER + extras;
  if (key_length > 0) {
    memcpy(at, "key:", 4);
    for (int i = KEY - 1; i >= 4; i--, key /= 10) at[i] = '0' + key % 10;
    at += KEY;
  }
  if (!own) memcpy(at, value, size), at += size;
  out_length = at - out;
  if (own) {
    struct iovec parts[2] = {{out, out_length}, {value, size}};
    send_parts(parts, 2);
    out_length = 0;
  }
}

static void read_more(void) {
  if (in_start == in_end) in_start = in_end = 0;
  else if (IN - in_end < (2 << 20)) memmove(in, in + in_start, in_end - in_start), in_end -= in_start, in_start = 0;
  size_t room = IN - in_end;
  for (;;) {
    ssize_t n = read(sock, in + in_end, room < READ ? room : READ);
    if (n > 0) {
      in_end += n;
      return;
    }
    if (n == 0 || errno != EINTR) fail("connection lost");
  }
}

/* Gives the next whole frame that has been read, or nothing. */
static uint8_t *frame(void) {
  size_t held = in_end - in_start;
  if (held < HEADER) return NULL;
  uint8_t *at = in + in_start;
  size_t size = HEADER + get32(at + 8);
  if (held < size) return NULL;
  if (at[0] != 0x81) fail("no reply");
  in_start += size;
  return at;
}

/* The keys of a size, as in cases.ts. */
static void range(size_t size, long *offset, long *count) {
  *offset = size < 1024 ? 0 : size < (32 << 10) ? 1000 : size < (512 << 10) ? 2000 : 3000;
  *count = size < (32 << 10) ? 1000 : size < (512 << 10) ? 128 : 8;
}

static uint64_t run(const char *op, size_t size, int window, double seconds, long limit) {
  long offset, count, next = 0, asked = 0;
  uint64_t done = 0;
  int mget = strcmp(op, "mget") == 0, set = strcmp(op, "set") == 0, in_flight = 0, hits = 0, running = 1;
  int own = size >= OWN_SEGMENT;
  double end = seconds_now() + seconds;
  range(size, &offset, &count);
  int wanted = window;
  for (;;) {
    while (wanted > 0 && running && (limit == 0 || asked < limit)) {
      for (int i = 0; i < (mget ? BATCH : 1); i++) {
        request(mget ? GETQ : set ? SET : GET, base + offset + next, asked_opaque++, set ? size : 0);
        if (++next == count) next = 0;
      }
      if (mget) request(NOOP, 0, 0, 0);
      asked++, in_flight++, wanted--;
    }
    wanted = 0;
    flush();
    if (in_flight == 0) return done;
    read_more();
    for (uint8_t *at; (at = frame()) != NULL;) {
      if (at[1] == NOOP) {
        if (hits != BATCH) fail("values missing in a batch");
        hits = 0;
        done += BATCH;
      } else {
        if (at[6] != 0 || at[7] != 0) fail("status is not success");
        if (!set && get32(at + 8) - at[4] != size) fail("value of a wrong length");
        if (get32(at + 12) != answered_opaque++) fail("reply to another request");
        if (!set && !own) {
          if (kept_at + size > KEPT) kept_at = 0;
          memcpy(kept + kept_at, at + HEADER + at[4], size);
          kept_at += size;
        }
        if (mget) {
          hits++;
          continue;
        }
        done++;
      }
      in_flight--, wanted++;
    }
    if (limit == 0 && seconds_now() >= end) running = 0;
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  base = atol(argv[2]);
  kept = malloc(KEPT);
  sock = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(sock, (struct sockaddr *)&address, sizeof address) != 0) fail("cannot connect");
  int yes = 1;
  setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);

  char line[128], op[16];
  size_t size, stored[8], stored_count = 0;
  int window;
  double seconds;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%15s %zu %d %lf", op, &size, &window, &seconds) != 4) fail("no such command");
    size_t i = 0;
    while (i < stored_count && stored[i] != size) i++;
    if (i == stored_count) {
      long offset, count;
      range(size, &offset, &count);
      free(value);
      value = malloc(size);
      memset(value, 'v', size);
      run("set", size, 4, 0, count);
      if (stored_count < 8) stored[stored_count++] = size;
    }
    value = realloc(value, size);
    memset(value, 'v', size);
    double cpu = cpu_now(), start = seconds_now();
    uint64_t ops = run(op, size, window, seconds, 0);
    printf("@{\"ops\":%llu,\"seconds\":%.6f,\"cpu\":%.0f}\n", (unsigned long long)ops, seconds_now() - start, cpu_now() - cpu);
    fflush(stdout);
  }
  return 0;
}
