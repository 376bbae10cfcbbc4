// SPDX-License-Identifier: GPL-2.0-or-later
// A keyring with keys, linked into this process's process keyring as the kernel's ACCEPT does it.
#pragma once

#include <gtest/gtest.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "netlink/handshake_message.hpp"

namespace ktls::test {

inline long add_key(const char* type, const std::string& name, const std::string& payload,
                    long keyring) {
  return ::syscall(SYS_add_key, type, name.c_str(), payload.empty() ? nullptr : payload.data(),
                   payload.size(), keyring);
}

inline std::vector<KeySerial> process_keyring() {
  std::vector<KeySerial> keys(64);
  const long size = ::syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_PROCESS_KEYRING, keys.data(),
                              keys.size() * sizeof(KeySerial), 0);
  keys.resize(size > 0 ? static_cast<std::size_t>(size) / sizeof(KeySerial) : 0);
  return keys;
}

inline bool keys_work() {
  return ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1, 0, 0) > 0;
}

class Keyring {
public:
  explicit Keyring(const std::string& name = "ktlsctl-test")
      : serial_(static_cast<KeySerial>(add_key("keyring", name, {}, KEY_SPEC_PROCESS_KEYRING))) {
    // the thread keyring keeps it alive, and is no way to it for a search that looks only here
    (void)::syscall(SYS_keyctl, KEYCTL_LINK, serial_, KEY_SPEC_THREAD_KEYRING, 0, 0);
  }
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;
  ~Keyring() {
    (void)::syscall(SYS_keyctl, KEYCTL_UNLINK, serial_, KEY_SPEC_PROCESS_KEYRING, 0, 0);
    (void)::syscall(SYS_keyctl, KEYCTL_UNLINK, serial_, KEY_SPEC_THREAD_KEYRING, 0, 0);
  }

  [[nodiscard]] KeySerial serial() const { return serial_; }
  // NOLINTNEXTLINE(modernize-use-nodiscard): a test may need the key to be there only
  KeySerial add(const std::string& name, const std::string& key, const char* type = "user") const {
    const long serial = add_key(type, name, key, serial_);
    EXPECT_GT(serial, 0) << name;
    return static_cast<KeySerial>(serial);
  }
  [[nodiscard]] bool is_linked() const {
    for (const KeySerial key : process_keyring()) {
      if (key == serial_)
        return true;
    }
    return false;
  }

private:
  KeySerial serial_;
};

} // namespace ktls::test
