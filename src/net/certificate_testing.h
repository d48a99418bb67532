// For tests only: certificates that vouch for themselves, so that each is its own authority.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace outboard::net {

struct TestCertificate {
  std::string names = "DNS:localhost,IP:127.0.0.1";
  long valid_for_s = 3'600;  // negative: it has expired
};

// Writes NAME.pem and NAME.key, in place of those that are there.
inline void write_certificate(const std::filesystem::path& folder, const std::string& name,
                              const TestCertificate& wanted = {}) {
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  std::unique_ptr<X509, void (*)(X509*)> made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -7'200);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wanted.valid_for_s);
  X509_set_pubkey(made.get(), key.get());
  auto* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("a test"), -1, -1, 0);
  X509_set_issuer_name(made.get(), subject);
  auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, wanted.names.c_str());
  ASSERT_NE(names, nullptr);
  X509_add_ext(made.get(), names, -1);
  X509_EXTENSION_free(names);
  ASSERT_GT(X509_sign(made.get(), key.get(), EVP_sha256()), 0);

  using Stream = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  Stream certificate(std::fopen((folder / (name + ".pem")).c_str(), "w"), std::fclose);
  Stream secret(std::fopen((folder / (name + ".key")).c_str(), "w"), std::fclose);
  ASSERT_EQ(PEM_write_X509(certificate.get(), made.get()), 1);
  ASSERT_EQ(PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
            1);
}

}  // namespace outboard::net
