// SPDX-License-Identifier: GPL-2.0-or-later
// plain-peer: a plain TCP program that has its connections secured with libktlsctl; an example too.
//
// It never loads a TLS library nor sees a key: between connect() or accept() and the first byte of
// data it calls ktlsctl_start(), and then it transfers files both ways at the same time.
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <ktlsctl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SUCCESS = 0, NOT_SECURED = 1, TRANSFER_FAILED = 2, CANNOT_START = 3 };

static const char usage[] =
    "usage: plain-peer connect HOST PORT [OPTION...]\n"
    "       plain-peer listen HOST PORT [OPTION...]      PORT 0: any\n"
    "  --role client|server|policy  who begins the handshake; default: client for connect\n"
    "  --peer-name NAME      the name to verify the server by; default for connect: HOST\n"
    "  --timeout MS          limit for the handshake; default: the agent's\n"
    "  --agent PATH          the agent's socket\n"
    "  --count N             listen: number of connections, one after the other; default: 1\n"
    "  --send FILE           send it, then close_notify\n"
    "  --receive FILE        write what comes to it\n"
    "  --expect BYTES        send close_notify only after so many bytes have come, and take no "
    "more\n"
    "  --early TEXT          send TEXT at once after the handshake, before all else\n"
    "  --certificates        want the peer's certificates\n"
    "  --user                want to know whose the peer's certificate is\n"
    "  --keep DIR            write those of the peer that came to DIR/0.der, DIR/1.der, ...\n"
    "  --or-clear            where the policy says so, transfer without TLS\n"
    "  --nonblock            set O_NONBLOCK and unusual socket options before the handshake\n"
    "  --rekey BYTES         change the keys, and have the peer change its, each time that so many "
    "were sent\n"
    "  --orders              do what the agent's administrators want of the session\n"
    "  --quiet               do not print what was negotiated\n"
    "Exit status: 0 done, 1 not secured, 2 transfer failed, 3 usage, files or network\n";

struct arguments {
  bool listens;
  const char* host;
  const char* port;
  struct ktlsctl_options options;
  bool has_role;
  long count;
  const char* send_file;
  const char* receive_file;
  long long expected; // negative: until the peer's end of data
  const char* early;
  const char* keep_in;
  int certificates;
  int user;
  int or_clear;
  int nonblock;
  long long rekey_each; // 0: never
  int orders;
  int quiet;
};

static long long number(const char* text, long long min, long long max) {
  char* end = NULL;
  errno = 0;
  const long long value = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
    errx(CANNOT_START, "not a number from %lld to %lld: %s", min, max, text);
  return value;
}

static enum ktlsctl_role role(const char* text) {
  if (strcmp(text, "client") == 0)
    return KTLSCTL_ROLE_CLIENT;
  if (strcmp(text, "server") == 0)
    return KTLSCTL_ROLE_SERVER;
  if (strcmp(text, "policy") != 0)
    errx(CANNOT_START, "not client, server or policy: %s", text);
  return KTLSCTL_ROLE_POLICY;
}

static void set_option(struct arguments* arguments, int letter) {
  switch (letter) {
  case 'r':
    arguments->options.role = role(optarg);
    arguments->has_role = true;
    break;
  case 'p':
    arguments->options.peer_name = optarg;
    break;
  case 't':
    arguments->options.timeout_ms = (uint32_t)number(optarg, 0, KTLSCTL_MAX_TIMEOUT_MS);
    break;
  case 'a':
    arguments->options.agent_socket = optarg;
    break;
  case 'c':
    arguments->count = (long)number(optarg, 1, 1000000);
    break;
  case 's':
    arguments->send_file = optarg;
    break;
  case 'f':
    arguments->receive_file = optarg;
    break;
  case 'x':
    arguments->expected = number(optarg, 0, INT64_MAX);
    break;
  case 'y':
    arguments->rekey_each = number(optarg, 1, INT64_MAX);
    break;
  case 'e':
    arguments->early = optarg;
    break;
  case 'k':
    arguments->keep_in = optarg;
    break;
  case 0: // getopt_long() has set the flag
    break;
  default:
    (void)fputs(usage, stderr);
    exit(CANNOT_START);
  }
}

static struct arguments parse(int argc, char** argv) {
  struct arguments arguments = {
      .options = {.size = sizeof(struct ktlsctl_options)}, .count = 1, .expected = -1};
  const struct option known[] = {
      {"role", required_argument, NULL, 'r'},
      {"peer-name", required_argument, NULL, 'p'},
      {"timeout", required_argument, NULL, 't'},
      {"agent", required_argument, NULL, 'a'},
      {"count", required_argument, NULL, 'c'},
      {"send", required_argument, NULL, 's'},
      {"receive", required_argument, NULL, 'f'},
      {"expect", required_argument, NULL, 'x'},
      {"early", required_argument, NULL, 'e'},
      {"rekey", required_argument, NULL, 'y'},
      {"keep", required_argument, NULL, 'k'},
      {"certificates", no_argument, &arguments.certificates, 1},
      {"user", no_argument, &arguments.user, 1},
      {"or-clear", no_argument, &arguments.or_clear, 1},
      {"nonblock", no_argument, &arguments.nonblock, 1},
      {"orders", no_argument, &arguments.orders, 1},
      {"quiet", no_argument, &arguments.quiet, 1},
      {NULL, 0, NULL, 0},
  };
  int letter = 0;
  while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1)
    set_option(&arguments, letter);
  if (argc - optind != 3 ||
      (strcmp(argv[optind], "connect") != 0 && strcmp(argv[optind], "listen") != 0)) {
    (void)fputs(usage, stderr);
    exit(CANNOT_START);
  }
  if (arguments.certificates)
    arguments.options.flags |= KTLSCTL_WANT_CERTIFICATES;
  if (arguments.user)
    arguments.options.flags |= KTLSCTL_WANT_USER;
  arguments.listens = strcmp(argv[optind], "listen") == 0;
  arguments.host = argv[optind + 1];
  arguments.port = argv[optind + 2];
  if (!arguments.has_role)
    arguments.options.role = arguments.listens ? KTLSCTL_ROLE_SERVER : KTLSCTL_ROLE_CLIENT;
  if (arguments.options.role == KTLSCTL_ROLE_CLIENT && arguments.options.peer_name == NULL &&
      !arguments.listens)
    arguments.options.peer_name = arguments.host;
  return arguments;
}

static int open_socket(const struct arguments* arguments) {
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                 .ai_flags = arguments->listens ? AI_PASSIVE : 0};
  struct addrinfo* addresses = NULL;
  const int status = getaddrinfo(arguments->host, arguments->port, &hints, &addresses);
  if (status != 0)
    errx(CANNOT_START, "%s port %s: %s", arguments->host, arguments->port, gai_strerror(status));
  int fd = -1;
  for (const struct addrinfo* a = addresses; a != NULL && fd < 0; a = a->ai_next) {
    const int on = 1;
    fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0)
      continue;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool done = arguments->listens
                          ? bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0
                          : connect(fd, a->ai_addr, a->ai_addrlen) == 0;
    if (!done) {
      (void)close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(addresses);
  if (fd < 0)
    err(CANNOT_START, "%s port %s", arguments->host, arguments->port);
  return fd;
}

static void print_port(int listener) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  char port[NI_MAXSERV];
  if (getsockname(listener, (struct sockaddr*)&address, &size) < 0 ||
      getnameinfo((struct sockaddr*)&address, size, NULL, 0, port, sizeof port, NI_NUMERICSERV) !=
          0)
    errx(CANNOT_START, "cannot tell the port");
  (void)printf("listening on %s\n", port);
  (void)fflush(stdout);
}

// What ktlsctl_start() must leave as it was; buffer sizes are missing, the kernel tunes them.
static const struct {
  const char* name;
  int level;
  int option;
} settings[] = {
    {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},  {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},
    {"TCP_CORK", IPPROTO_TCP, TCP_CORK},        {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT},
    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE}, {"SO_LINGER", SOL_SOCKET, SO_LINGER},
    {"SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO},   {"SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO},
    {"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT},   {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

struct snapshot {
  int status_flags;
  int descriptor_flags;
  unsigned char values[SETTINGS][sizeof(struct timeval)];
};

static struct snapshot take_snapshot(int fd) {
  struct snapshot snapshot = {.status_flags = fcntl(fd, F_GETFL),
                              .descriptor_flags = fcntl(fd, F_GETFD)};
  for (int i = 0; i < SETTINGS; ++i) {
    socklen_t size = sizeof snapshot.values[i];
    if (getsockopt(fd, settings[i].level, settings[i].option, snapshot.values[i], &size) < 0)
      err(CANNOT_START, "%s", settings[i].name);
  }
  return snapshot;
}

static void require_same(const struct snapshot* before, const struct snapshot* after) {
  if (before->status_flags != after->status_flags ||
      before->descriptor_flags != after->descriptor_flags)
    errx(TRANSFER_FAILED, "the flags of the descriptor changed");
  for (int i = 0; i < SETTINGS; ++i) {
    if (memcmp(before->values[i], after->values[i], sizeof before->values[i]) != 0)
      errx(TRANSFER_FAILED, "the socket option %s changed", settings[i].name);
  }
}

static void make_unusual(int fd) {
  const int on = 1;
  const int milliseconds = 54321;
  const struct timeval receive_limit = {.tv_sec = 70};
  const struct timeval send_limit = {.tv_sec = 90};
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &receive_limit, sizeof receive_limit) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit) < 0)
    err(CANNOT_START, "setting socket options");
}

static void keep_certificates(const ktlsctl_session* session, const char* directory) {
  const unsigned char* der = NULL;
  size_t size = 0;
  for (size_t i = 0; ktlsctl_session_peer_certificate(session, i, &der, &size) == 0; ++i) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%zu.der", directory, i);
    FILE* file = fopen(path, "wx");
    if (file == NULL || fwrite(der, 1, size, file) != size || fclose(file) != 0)
      err(CANNOT_START, "%s", path);
  }
}

static void print_user(const ktlsctl_session* session) {
  uint32_t uid = 0;
  if (ktlsctl_session_uid(session, &uid) == 0)
    (void)printf(
        "user \"%s\" uid %" PRIu32 " %s by %s \"%s\"\n", ktlsctl_session_user(session), uid,
        ktlsctl_session_user_strength(session) == KTLSCTL_STRENGTH_STRONG ? "strong" : "weak",
        ktlsctl_session_user_source(session), ktlsctl_session_user_rule(session));
}

// The only reason after which the socket is still good, and goes without TLS.
static bool is_to_go_clear(const ktlsctl_session* session, const struct arguments* arguments) {
  return arguments->or_clear && strcmp(ktlsctl_session_reason(session), "policy-clear") == 0;
}

// Whether data may be transferred.
static bool secure(int fd, const struct arguments* arguments) {
  if (arguments->nonblock)
    make_unusual(fd);
  const struct snapshot before = take_snapshot(fd);
  ktlsctl_session* session = NULL;
  const int status = ktlsctl_start(fd, &arguments->options, &session);
  const bool clear = is_to_go_clear(session, arguments);
  if (arguments->keep_in != NULL)
    keep_certificates(session, arguments->keep_in);
  if (status == 0 || clear) {
    const struct snapshot after = take_snapshot(fd);
    require_same(&before, &after);
    if (clear)
      (void)printf("clear: rule \"%s\"\n", ktlsctl_session_rule(session));
    else if (!arguments->quiet)
      (void)printf("secured: %s %s peer \"%s\" alpn \"%s\" rule \"%s\" profile \"%s\" %s\n",
                   ktlsctl_session_protocol(session), ktlsctl_session_cipher(session),
                   ktlsctl_session_peer_subject(session), ktlsctl_session_alpn(session),
                   ktlsctl_session_rule(session), ktlsctl_session_profile(session),
                   ktlsctl_session_peer_authenticated(session) ? "verified" : "not verified");
    print_user(session);
    (void)fflush(stdout);
  } else if (session != NULL) {
    warnx("%s: %s; rule \"%s\"", ktlsctl_session_reason(session), ktlsctl_session_message(session),
          ktlsctl_session_rule(session));
  } else {
    warnx("not even tried: %s", strerror(-status));
  }
  ktlsctl_session_free(session);
  return status == 0 || clear;
}

struct transfer {
  int fd;
  int control;     // -1: takes no orders
  int source;      // -1: nothing more to read
  int sink;        // -1: what comes is dropped
  const char* out; // what is to be sent next: the early text, then pieces of the file
  size_t out_size;
  char buffer[65536];
  uint64_t received;
  uint64_t sent; // since the keys were changed
  bool we_closed;
  bool peer_closed;
};

static void fill(struct transfer* transfer) {
  const ssize_t got = read(transfer->source, transfer->buffer, sizeof transfer->buffer);
  if (got < 0)
    err(CANNOT_START, "reading the file");
  transfer->out = transfer->buffer;
  transfer->out_size = (size_t)got;
  if (got == 0) {
    (void)close(transfer->source);
    transfer->source = -1;
  }
}

// False: not yet.
static bool change_keys(int fd) {
  const int status = ktlsctl_rekey(fd, KTLSCTL_REKEY_BOTH);
  if (status != 0 && status != -EAGAIN && status != -EINTR)
    errx(TRANSFER_FAILED, "changing the keys: %s", strerror(-status));
  return status == 0;
}

static void send_some(struct transfer* transfer, uint64_t rekey_each) {
  if (rekey_each > 0 && transfer->sent >= rekey_each) {
    if (!change_keys(transfer->fd))
      return;
    transfer->sent = 0;
  }
  const ssize_t sent =
      send(transfer->fd, transfer->out, transfer->out_size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR)
    err(TRANSFER_FAILED, "sending");
  if (sent > 0) {
    transfer->out += sent;
    transfer->out_size -= (size_t)sent;
    transfer->sent += (uint64_t)sent;
  }
}

static void receive_some(struct transfer* transfer) {
  unsigned char in[65536];
  const ptrdiff_t got = ktlsctl_recv(transfer->fd, in, sizeof in, MSG_DONTWAIT);
  if (got == -EAGAIN || got == -EINTR)
    return;
  if (got < 0)
    errx(TRANSFER_FAILED, "receiving: %s", strerror((int)-got));
  transfer->peer_closed = got == 0;
  transfer->received += (uint64_t)got;
  for (ptrdiff_t done = 0; done < got && transfer->sink >= 0;) {
    const ssize_t written = write(transfer->sink, in + done, (size_t)(got - done));
    if (written < 0)
      err(CANNOT_START, "writing the file");
    done += written;
  }
}

static void close_our_direction(struct transfer* transfer) {
  const int status = ktlsctl_shutdown(transfer->fd);
  if (status == -EAGAIN || status == -EINTR)
    return;
  if (status < 0 && !transfer->peer_closed) // one that has closed may have gone
    errx(TRANSFER_FAILED, "closing: %s", strerror(-status));
  transfer->we_closed = true;
}

// Whoever has nothing to send closes last: a peer may take our end for the end of everything.
static bool may_close(const struct transfer* transfer, const struct arguments* arguments) {
  if (transfer->source >= 0 || transfer->out_size > 0)
    return false;
  if (arguments->expected >= 0)
    return transfer->peer_closed || transfer->received >= (uint64_t)arguments->expected;
  return transfer->peer_closed || arguments->send_file != NULL || arguments->receive_file == NULL;
}

// An agent that has ended is followed by another.
static void take_orders(struct transfer* transfer) {
  const int status = ktlsctl_control_handle(transfer->control, transfer->fd);
  if (status == -ECONNRESET) {
    (void)close(transfer->control);
    for (int i = 0; i < 100; ++i) {
      transfer->control = ktlsctl_control_open(transfer->fd);
      if (transfer->control >= 0)
        return;
      (void)poll(NULL, 0, 100);
    }
    errx(TRANSFER_FAILED, "taking orders: %s", strerror(-transfer->control));
  }
  if (status != 0 && status != -EAGAIN && status != -EINTR)
    errx(TRANSFER_FAILED, "following an order: %s", strerror(-status));
}

static void run(struct transfer* transfer, const struct arguments* arguments) {
  while (!transfer->we_closed || !transfer->peer_closed) {
    const bool pending = transfer->out_size > 0;
    const bool closing = !transfer->we_closed && may_close(transfer, arguments);
    // the source may be a pipe, whose end is not waited for while the peer has something to say
    struct pollfd entries[3] = {{.fd = transfer->fd},
                                {.fd = pending ? -1 : transfer->source, .events = POLLIN},
                                {.fd = transfer->control, .events = POLLIN}};
    entries[0].events |= transfer->peer_closed ? 0 : POLLIN;
    entries[0].events |= pending || closing ? POLLOUT : 0;
    if (poll(entries, 3, -1) < 0) {
      if (errno != EINTR)
        err(TRANSFER_FAILED, "waiting");
      continue;
    }
    const int ready = entries[0].revents;
    if (!transfer->peer_closed && (ready & (POLLIN | POLLHUP | POLLERR)) != 0)
      receive_some(transfer);
    if (pending && (ready & (POLLOUT | POLLERR)) != 0)
      send_some(transfer, (uint64_t)arguments->rekey_each);
    else if (closing && (ready & (POLLOUT | POLLERR)) != 0)
      close_our_direction(transfer);
    if (entries[1].revents != 0)
      fill(transfer);
    if (entries[2].revents != 0)
      take_orders(transfer);
  }
  if (arguments->expected >= 0 && transfer->received != (uint64_t)arguments->expected)
    errx(TRANSFER_FAILED, "%" PRIu64 " bytes came instead of %lld", transfer->received,
         arguments->expected);
}

static int open_file(const char* path, int flags) {
  if (path == NULL)
    return -1;
  const int fd = open(path, flags | O_CLOEXEC, 0666);
  if (fd < 0)
    err(CANNOT_START, "%s", path);
  return fd;
}

static int serve(int fd, const struct arguments* arguments) {
  struct transfer transfer = {
      .fd = fd,
      .control = -1,
      .source = open_file(arguments->send_file, O_RDONLY),
      .sink = open_file(arguments->receive_file, O_WRONLY | O_CREAT | O_TRUNC),
      .out = arguments->early,
      .out_size = arguments->early != NULL ? strlen(arguments->early) : 0,
  };
  const bool agreed = secure(fd, arguments);
  if (agreed && arguments->orders) {
    transfer.control = ktlsctl_control_open(fd);
    if (transfer.control < 0)
      errx(TRANSFER_FAILED, "taking orders: %s", strerror(-transfer.control));
  }
  if (agreed)
    run(&transfer, arguments);
  if (transfer.control >= 0)
    (void)close(transfer.control);
  if (transfer.source >= 0)
    (void)close(transfer.source);
  if (transfer.sink >= 0 && close(transfer.sink) < 0)
    err(CANNOT_START, "writing the file");
  (void)close(fd);
  return agreed ? SUCCESS : NOT_SECURED;
}

int main(int argc, char** argv) {
  const struct arguments arguments = parse(argc, argv);
  (void)signal(SIGPIPE, SIG_IGN);
  const int first = open_socket(&arguments);
  if (!arguments.listens)
    return serve(first, &arguments);
  print_port(first);
  int status = SUCCESS;
  for (long i = 0; i < arguments.count; ++i) {
    const int fd = accept4(first, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
      err(CANNOT_START, "accepting");
    const int result = serve(fd, &arguments);
    status = result != SUCCESS ? result : status;
  }
  (void)close(first);
  return status;
}
