// SPDX-License-Identifier: GPL-2.0-or-later
// hostile-certificate PORT FILE COUNT: handshakes as a client that presents the certificates of
// FILE, none of whose keys it has; it says with which alert each of them ended.
#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

void require(bool good, const char* what) {
  if (good)
    return;
  (void)std::fprintf(stderr, "hostile-certificate: %s\n", what);
  std::exit(3);
}

struct Hostile {
  std::vector<gnutls_pcert_st> chain;
  gnutls_privkey_t key = nullptr;
  unsigned bits = 0;
};

// What is signed does not matter: it is not to be looked at.
int pretend_to_sign(gnutls_privkey_t, gnutls_sign_algorithm_t, void* data, unsigned,
                    const gnutls_datum_t*, gnutls_datum_t* signature) {
  const unsigned size = static_cast<Hostile*>(data)->bits / 8;
  signature->data = static_cast<unsigned char*>(gnutls_malloc(size));
  signature->size = size;
  std::memset(signature->data, 1, size);
  return 0;
}

int describe(gnutls_privkey_t, unsigned flags, void* data) {
  if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
    return gnutls_pubkey_get_pk_algorithm(static_cast<Hostile*>(data)->chain.front().pubkey,
                                          nullptr);
  if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
    return static_cast<int>(static_cast<Hostile*>(data)->bits);
  return 1; // any signature
}

int present(gnutls_session_t session, const gnutls_cert_retr_st*, gnutls_pcert_st** certificates,
            unsigned* count, gnutls_ocsp_data_st**, unsigned* ocsp_count, gnutls_privkey_t* key,
            unsigned* flags) {
  auto* hostile = static_cast<Hostile*>(gnutls_session_get_ptr(session));
  *certificates = hostile->chain.data();
  *count = static_cast<unsigned>(hostile->chain.size());
  *ocsp_count = 0;
  *key = hostile->key;
  *flags = 0;
  return 0;
}

void load(Hostile& hostile, const char* file) {
  gnutls_datum_t pem{};
  gnutls_x509_crt_t* list = nullptr;
  unsigned count = 0;
  require(gnutls_load_file(file, &pem) == 0, "cannot read the certificates");
  require(gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM, 0) >= 0,
          "no certificates");
  hostile.chain.resize(count);
  for (unsigned i = 0; i < count; ++i)
    require(gnutls_pcert_import_x509(&hostile.chain[i], list[i], 0) == 0, "a certificate");
  (void)gnutls_pubkey_get_pk_algorithm(hostile.chain.front().pubkey, &hostile.bits);
  require(gnutls_privkey_init(&hostile.key) == 0 &&
              gnutls_privkey_import_ext4(hostile.key, &hostile, pretend_to_sign, pretend_to_sign,
                                         nullptr, nullptr, describe, 0) == 0,
          "the key");
}

int connect_to(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
          "cannot connect");
  return fd;
}

// With TLS 1.3 the client is done before the server has seen its certificates.
void handshake(int fd, Hostile& hostile, gnutls_certificate_credentials_t credentials) {
  gnutls_session_t session = nullptr;
  require(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) == 0 &&
              gnutls_set_default_priority(session) == 0 &&
              gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) == 0,
          "a session");
  gnutls_session_set_ptr(session, &hostile);
  gnutls_transport_set_int(session, fd);
  gnutls_handshake_set_timeout(session, 20'000);
  int status = gnutls_handshake(session);
  std::array<char, 256> data{};
  if (status == 0)
    status = static_cast<int>(gnutls_record_recv(session, data.data(), data.size()));
  if (status == GNUTLS_E_FATAL_ALERT_RECEIVED)
    (void)std::printf("alert: %s\n", gnutls_alert_get_name(gnutls_alert_get(session)));
  else
    (void)std::printf("no alert: %s\n", gnutls_strerror(status));
  gnutls_deinit(session);
  (void)close(fd);
}

} // namespace

int main(int argc, char** argv) {
  require(argc == 4, "usage: hostile-certificate PORT FILE COUNT");
  Hostile hostile;
  gnutls_certificate_credentials_t credentials = nullptr;
  require(gnutls_certificate_allocate_credentials(&credentials) == 0, "credentials");
  gnutls_certificate_set_retrieve_function3(credentials, present);
  load(hostile, argv[2]);
  for (int left = std::atoi(argv[3]); left > 0; --left)
    handshake(connect_to(argv[1]), hostile, credentials);
}
