// SPDX-License-Identifier: GPL-2.0-or-later
// ktls-mapd-account: asks PAM about one account, and ends. Started by ktls-mapd with its channel as
// descriptor 3; of no use by hand.

#include <fcntl.h>
#include <security/pam_appl.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/sandbox.hpp"
#include "mapper/account_phase.hpp"

namespace {

// Nobody is there to be asked.
int refuse_to_talk(int, const pam_message**, pam_response**, void*) {
  return PAM_CONV_ERR;
}

// The texts of the request.
std::vector<std::string> receive() {
  std::array<char, ktls::max_account_phase_request> buffer{};
  const ssize_t got = ::recv(ktls::account_phase_descriptor, buffer.data(), buffer.size(), 0);
  std::vector<std::string> texts;
  std::string text;
  for (ssize_t i = 0; i < got; ++i) {
    const char c = buffer.at(static_cast<std::size_t>(i));
    if (c != '\0') {
      text += c;
      continue;
    }
    texts.push_back(std::move(text));
    text.clear();
  }
  return texts;
}

int ask_pam(const std::string& service, const std::string& user, const std::string& remote) {
  const pam_conv conversation{refuse_to_talk, nullptr};
  pam_handle_t* handle = nullptr;
  int code = ::pam_start(service.c_str(), user.c_str(), &conversation, &handle);
  if (code != PAM_SUCCESS)
    return code;
  if (!remote.empty())
    code = ::pam_set_item(handle, PAM_RHOST, remote.c_str());
  if (code == PAM_SUCCESS)
    code = ::pam_acct_mgmt(handle, PAM_SILENT);
  (void)::pam_end(handle, code);
  return code;
}

} // namespace

int main() {
  ktls::log::prepare();
  if (::fcntl(ktls::account_phase_descriptor, F_GETFD) < 0) {
    ktls::log::error("ktls-mapd-account is started by ktls-mapd, not by hand");
    return 2;
  }
  // modules keep their files open to programs that they start
  (void)::fcntl(ktls::account_phase_descriptor, F_SETFD, FD_CLOEXEC);
  const auto closed = ktls::forbid_inspection();
  const auto texts = receive();
  if (!closed || texts.size() != 3)
    return 1;
  const int code = ask_pam(texts[0], texts[1], texts[2]);
  (void)::send(ktls::account_phase_descriptor, &code, sizeof code, MSG_NOSIGNAL);
  return 0;
}
