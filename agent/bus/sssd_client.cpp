// SPDX-License-Identifier: GPL-2.0-or-later
// FindByCertificate would be one call, but of several users that a certificate fits it names one,
// without a word: which one depends on the version. So the list is asked for, of two at most.
#include "bus/sssd_client.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/text.hpp"
#include "bus/compatibility.hpp"

namespace ktls::bus {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr const char* users_path = "/org/freedesktop/sssd/infopipe/Users";
constexpr const char* users_interface = "org.freedesktop.sssd.infopipe.Users";
constexpr const char* user_interface = "org.freedesktop.sssd.infopipe.Users.User";
constexpr std::uint32_t two = 2;

std::string base64(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8U | (i < count ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= count ? digits[group >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

std::string pem(std::span<const std::uint8_t> certificate) {
  constexpr std::size_t line = 64;
  const std::string text = base64(certificate);
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += line)
    out.append(text, at, line).append("\n");
  return out + "-----END CERTIFICATE-----\n";
}

// With what an administrator can do about it.
std::string explain(const Failure& failure) {
  std::string out = fmt::format("{}: {}", escape(failure.name, 128), escape(failure.text, 512));
  if (failure.name == "org.freedesktop.DBus.Error.AuthFailed")
    out += "; is ktls-mapd in allowed_uids, in [ifp] of sssd.conf?";
  else if (failure.name == "org.freedesktop.DBus.Error.ServiceUnknown")
    out += "; is the package sssd-dbus installed, and SSSD started?";
  else if (failure.name == "org.freedesktop.DBus.Error.InvalidArgs")
    out += "; does the certificate fit several users of one domain?";
  return out;
}

// One search: the list, then three properties at once.
class Search : public std::enable_shared_from_this<Search> {
public:
  Search(Connection& connection, steady_clock::time_point deadline,
         std::function<void(SssdAnswer)> then)
      : connection_(connection), deadline_(deadline), then_(std::move(then)) {}

  void begin(const std::string& certificate) {
    connection_.call(
        {sssd_name, users_path, users_interface, "ListByCertificate"}, time_left(),
        [&](sdbus::MethodCall& call) { call << certificate << two; },
        {[self = shared_from_this()](sdbus::MethodReply& reply) { reply >> self->users_; },
         [self = shared_from_this()] { self->on_list(); },
         [self = shared_from_this()](const Failure& why) { self->fail(why); }});
  }

private:
  void on_list() {
    if (users_.empty())
      return end(SssdNobody{});
    for (const auto& user : users_) {
      if (!user.starts_with(std::string(users_path) + "/"))
        return fail({garbage_name, "it lists " + user + ", which is no user"});
    }
    if (users_.size() > 1)
      return end(SssdSeveral{});
    ask("name", user_.name);
    ask("uidNumber", user_.uid);
    ask("domainname", user_.domain);
  }

  template<class T>
  void ask(const char* property, T& into) {
    ++missing_;
    connection_.call({sssd_name, users_.front(), "org.freedesktop.DBus.Properties", "Get"},
                     time_left(),
                     [property](sdbus::MethodCall& call) {
                       call << std::string(user_interface) << std::string(property);
                     },
                     {[self = shared_from_this(), &into](sdbus::MethodReply& reply) {
                        sdbus::Variant value;
                        reply >> value;
                        into = value.get<T>();
                      },
                      [self = shared_from_this()] { self->on_property(); },
                      [self = shared_from_this()](const Failure& why) { self->fail(why); }});
  }

  void on_property() {
    if (--missing_ > 0)
      return;
    for (const auto* text : {&user_.name, &user_.domain}) {
      if (text->empty() || text->size() > SssdClient::max_name)
        return fail({garbage_name, "the name of the user or its domain is empty or too long"});
    }
    end(std::move(user_));
  }

  // The first that happens counts.
  void end(SssdAnswer answer) {
    if (const auto then = std::exchange(then_, nullptr))
      then(std::move(answer));
  }
  void fail(const Failure& failure) { end(tl::make_unexpected(explain(failure))); }

  [[nodiscard]] microseconds time_left() const {
    const auto left = deadline_ - steady_clock::now();
    return std::max(std::chrono::duration_cast<microseconds>(left), microseconds(1));
  }

  Connection& connection_;
  steady_clock::time_point deadline_;
  std::function<void(SssdAnswer)> then_;
  std::vector<sdbus::ObjectPath> users_;
  SssdUser user_;
  int missing_ = 0;
};

} // namespace

void SssdClient::find(std::span<const std::uint8_t> certificate, microseconds timeout,
                      std::function<void(SssdAnswer)> then) {
  std::make_shared<Search>(connection_, steady_clock::now() + timeout, std::move(then))
      ->begin(pem(certificate));
}

} // namespace ktls::bus
