// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/configured_files.hpp"

#include <fmt/format.h>
#include <gnutls/x509.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/sockets.hpp"
#include "support/test_data.hpp"
#include "tls/made_ocsp.hpp"

namespace ktls {
namespace {

using policy::LocatedPath;
using Ders = std::vector<tls::Der>;
using Lines = std::vector<std::string>;

const std::string any_place = "test.toml:7"; // of all paths in the configuration

std::string text(const tls::Der& der) {
  return {reinterpret_cast<const char*>(der.data()), der.size()};
}
std::string pem(const tls::Der& der, const char* kind = "X509 CRL") {
  const gnutls_datum_t data = tls::view(der);
  tls::Datum out;
  EXPECT_EQ(gnutls_pem_base64_encode2(kind, &data, out.out()), 0);
  return std::string(tls::text_of(out.bytes()));
}
tls::Der certificate(const std::string& name) {
  return tls::certificates_from_pem(test::data(name)).value().front();
}

tls::Der any_certificate() {
  return tls::certificates_from_pem(test::data("server.pem")).value().front();
}

class ConfiguredFilesTest : public testing::Test {
protected:
  LocatedPath write(const std::string& name, const std::string& content) const {
    const auto path = directory.file(name.c_str());
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << content;
    return {path, any_place};
  }
  [[nodiscard]] LocatedPath at(const std::string& name) const {
    return {directory.file(name.c_str()), any_place};
  }
  [[nodiscard]] LocatedPath whole_directory() const {
    return {directory.file("").substr(0, directory.file("").size() - 1), any_place};
  }
  void expect_no_problem() {
    const auto& lines = files.problems().lines;
    EXPECT_TRUE(lines.empty()) << lines.front();
  }
  void expect_problem(const std::string& what) {
    const auto& lines = files.problems().lines;
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].rfind(any_place + ": " + whole_directory().path, 0), 0U) << lines[0];
    EXPECT_NE(lines[0].find(what), std::string::npos) << lines[0];
  }

  test::TemporaryDirectory directory;
  ConfiguredFiles files;
};

TEST_F(ConfiguredFilesTest, ReadsTrustDirectoriesInTheOrderOfNames) {
  write("b.pem", test::data("ca.pem"));
  write("a.crt", test::data("other-ca.pem"));
  write("c.cer", test::data("intermediate.pem"));

  const auto anchors = files.anchors({whole_directory()});

  expect_no_problem();
  EXPECT_EQ(anchors, (Ders{certificate("other-ca.pem"), certificate("ca.pem"),
                           certificate("intermediate.pem")}));
  EXPECT_EQ(files.paths().count(whole_directory().path), 1U);
}

// As OpenSSL and GnuTLS have them.
TEST_F(ConfiguredFilesTest, PassesOverHashedLinksAndOtherNames) {
  write("ca.pem", test::data("ca.pem"));
  write("README", "no certificate");
  write("ca.pem~", "no certificate");
  write("deeper.pem/ca.pem", test::data("other-ca.pem"));
  std::filesystem::create_symlink("ca.pem", directory.file("12345678.0"));

  EXPECT_EQ(files.anchors({whole_directory()}), Ders{certificate("ca.pem")});
  expect_no_problem();
}

// GnuTLS takes certificates and lists of versions that there are not; a worker does not.
TEST_F(ConfiguredFilesTest, RefusesAnAnchorThatNoWorkerCanRead) {
  auto odd = certificate("ca.pem");
  const std::string version("\xa0\x03\x02\x01\x02", 5);
  odd.at(text(odd).find(version) + 4) = std::byte{7};
  write("a.pem", test::data("ca.pem"));
  write("b.pem", test::data("ca.pem") + pem(odd, "CERTIFICATE"));

  (void)files.anchors({whole_directory()});

  expect_problem("b.pem: certificate 2 (\"");
  EXPECT_NE(files.problems().lines.at(0).find("is malformed: "), std::string::npos);
  EXPECT_NE(files.problems().lines.at(0).find("replace it"), std::string::npos);
}

TEST_F(ConfiguredFilesTest, RefusesAListThatNoWorkerCanRead) {
  auto odd = test::crl(test::Authority("ca"));
  const auto version = text(odd).find(std::string("\x02\x01\x01", 3));
  odd.at(version + 2) = std::byte{7};

  (void)files.crls({write("list.crl", text(odd))});

  expect_problem("list.crl: list 1: it is malformed: ");
}

TEST_F(ConfiguredFilesTest, JoinsFilesAndDirectories) {
  write("directory/a.pem", test::data("ca.pem"));
  const auto both =
      write("both.pem", test::data("other-ca.pem") + "between\n" + test::data("intermediate.pem"));

  const auto anchors = files.anchors({both, at("directory")});

  expect_no_problem();
  EXPECT_EQ(anchors, (Ders{certificate("other-ca.pem"), certificate("intermediate.pem"),
                           certificate("ca.pem")}));
}

TEST_F(ConfiguredFilesTest, SaysThatADirectoryIsEmpty) {
  EXPECT_TRUE(files.anchors({whole_directory()}).empty());

  expect_problem("no file in it is named *.pem");
}

TEST_F(ConfiguredFilesTest, NamesTheFileOfADirectoryThatIsNoGood) {
  write("a.pem", test::data("ca.pem"));
  write("b.pem", "no certificate");

  (void)files.anchors({whole_directory()});

  expect_problem("b.pem");
}

TEST_F(ConfiguredFilesTest, LimitsTheFilesOfADirectory) {
  for (std::size_t i = 0; i <= ConfiguredFiles::max_in_directory; ++i)
    write(fmt::format("{}.crl", i), "");

  (void)files.crls({whole_directory()});

  EXPECT_NE(files.problems().lines.at(0).find("more than 1024 files"), std::string::npos);
}

TEST_F(ConfiguredFilesTest, RefusesADirectoryThatOthersCanChange) {
  write("directory/a.pem", test::data("ca.pem"));
  ASSERT_EQ(::chmod(at("directory").path.c_str(), 0777), 0);

  (void)files.anchors({at("directory")});

  expect_problem("chmod go-w");
}

TEST_F(ConfiguredFilesTest, ReadsListsInDer) {
  const auto list = test::crl(test::Authority("ca"), {.serials = {"\x07"}});
  const auto file = write("list.crl", text(list));

  EXPECT_EQ(files.crls({file}), Ders{list});
  expect_no_problem();
}

TEST_F(ConfiguredFilesTest, ReadsSeveralListsInPem) {
  const auto first = test::crl(test::Authority("one"));
  const auto second = test::crl(test::Authority("two"));
  const auto file = write("lists.pem", pem(first) + "between\n" + pem(second));

  EXPECT_EQ(files.crls({file}), (Ders{first, second}));
  expect_no_problem();
}

TEST_F(ConfiguredFilesTest, ReadsDirectoriesOfLists) {
  const auto first = test::crl(test::Authority("one"));
  const auto second = test::crl(test::Authority("two"));
  write("2.crl", text(second));
  write("1.crl", pem(first));

  EXPECT_EQ(files.crls({whole_directory()}), (Ders{first, second}));
  expect_no_problem();
}

TEST_F(ConfiguredFilesTest, RefusesListsThatAreNone) {
  const auto list = text(test::crl(test::Authority("ca")));

  for (const auto& content : {std::string(), std::string("no list"), test::data("ca.pem"),
                              list.substr(0, list.size() - 1), pem(test::to_der("no list")),
                              pem(test::to_der(list)) + pem(test::to_der(list.substr(0, 50)))}) {
    files = ConfiguredFiles();
    EXPECT_TRUE(files.crls({write("list.crl", content)}).empty());
    expect_problem("list.crl");
  }
}

// One that is about its certificate is served in the scenario credentials.
TEST_F(ConfiguredFilesTest, RefusesAnOcspResponseAboutAnotherCertificate) {
  const auto response = test::ocsp_response({.next_update = test::made_now});

  EXPECT_EQ(text(files.ocsp_response(write("response", response), any_certificate())), response);
  expect_problem("the OCSP response is about another certificate");
}

TEST_F(ConfiguredFilesTest, RefusesOcspResponsesOfNoUse) {
  const auto next = test::made_now;
  const std::vector<std::pair<std::string, std::string>> bad{
      {test::ocsp_response({.status = test::ocsp_revoked, .next_update = next}),
       "does not say that the certificate is good"},
      {test::ocsp_response({.status = test::ocsp_unknown, .next_update = next}),
       "does not say that the certificate is good"},
      {test::ocsp_response({}), "has no nextUpdate"},
      {"no response", "reading an OCSP response"},
      {"", "reading an OCSP response"}};

  for (const auto& [content, what] : bad) {
    files = ConfiguredFiles();
    (void)files.ocsp_response(write("response", content), any_certificate());
    expect_problem(what);
  }
}

TEST_F(ConfiguredFilesTest, SaysWhatIsMissing) {
  (void)files.crls({at("nowhere.crl")});
  (void)files.ocsp_response(at("nowhere.ocsp"), any_certificate());
  (void)files.certificates(at("nowhere.pem"));

  EXPECT_EQ(
      files.problems().lines,
      (Lines{any_place + ": " + directory.file("nowhere.crl") + ": No such file or directory",
             any_place + ": " + directory.file("nowhere.ocsp") + ": No such file or directory",
             any_place + ": " + directory.file("nowhere.pem") + ": No such file or directory"}));
}

TEST_F(ConfiguredFilesTest, SaysTheSameOnce) {
  (void)files.crls({at("nowhere")});
  (void)files.crls({at("nowhere")});

  EXPECT_EQ(files.problems().lines.size(), 1U);
}

TEST_F(ConfiguredFilesTest, LimitsTheSizeOfFiles) {
  const auto large = write("large", std::string(ConfiguredFiles::max_size + 1, 'x'));

  (void)files.crls({large});

  expect_problem("File too large");
}

} // namespace
} // namespace ktls
