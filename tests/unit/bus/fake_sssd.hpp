// SPDX-License-Identifier: GPL-2.0-or-later
// What of SSSD's InfoPipe is asked, by a service that answers as a test wants it to.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bus/compatibility.hpp"
#include "bus/connection.hpp"
#include "bus/sssd_client.hpp"

namespace ktls::bus::test {

class FakeSssd {
public:
  using Paths = std::vector<sdbus::ObjectPath>;
  using List = sdbus::Result<Paths>;

  explicit FakeSssd(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {
    users_ = sdbus::createObject(connection_->raw(), Path("/org/freedesktop/sssd/infopipe/Users"));
    serve_as(*users_, "org.freedesktop.sssd.infopipe.Users", "ListByCertificate",
             [this](List&& result, std::string pem, std::uint32_t limit) {
               asked_for = std::move(pem);
               asked_limit = limit;
               held.push_back(std::make_shared<List>(std::move(result)));
               if (on_list)
                 on_list(*held.back());
             });
    EXPECT_TRUE(connection_->request_name(sssd_name));
  }

  // A user, whose uid may be of another type.
  template<class Uid>
  sdbus::ObjectPath add(const std::string& domain, const std::string& name, Uid uid) {
    const auto property = [](const char* called, const auto& value) {
      return ServedProperty{called, sdbus::Variant(value).peekValueType(),
                            [value](sdbus::PropertyGetReply& reply) { reply << value; }};
    };
    sdbus::ObjectPath path("/org/freedesktop/sssd/infopipe/Users/corp/" +
                           std::to_string(objects_.size()));
    auto object = sdbus::createObject(connection_->raw(), path);
    serve(*object, "org.freedesktop.sssd.infopipe.Users.User", {},
          {property("name", name), property("uidNumber", uid), property("domainname", domain)});
    objects_.push_back(std::move(object));
    return path;
  }

  void answer(const List& result, const Paths& paths) {
    result.returnResults(paths);
    connection_->flush();
  }
  void fail(const List& result, const std::string& name, const std::string& text) {
    result.returnError(make_error(name, text));
    connection_->flush();
  }

private:
  std::unique_ptr<Connection> connection_;

public:
  std::function<void(const List&)> on_list; // default: it does not answer
  std::vector<std::shared_ptr<List>> held;
  std::string asked_for;
  std::uint32_t asked_limit = 0;

private:
  std::unique_ptr<sdbus::IObject> users_;
  std::vector<std::unique_ptr<sdbus::IObject>> objects_;
};

} // namespace ktls::bus::test
