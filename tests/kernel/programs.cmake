# SPDX-License-Identifier: GPL-2.0-or-later
# Test programs that scenarios run, since they need kernel TLS or a running agent.
find_package(GTest REQUIRED)

function(ktls_kernel_program name source)
  add_executable(${name} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${source})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARGN} GTest::gtest_main)
endfunction()

# KTLS_AGENT_SOCKET=PATH KTLSD_PID=PID agent-abuse-test
ktls_kernel_program(agent-abuse-test agent_abuse_test.cpp ktlsctl-wire ktls-base)
target_sources(agent-abuse-test PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/agent_abuse_requests_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/agent_abuse_lingering_test.cpp)
ktls_kernel_program(agent-limits-test agent_limits_test.cpp ktlsctl-wire ktls-base)
# needs the module tls, and gcm
ktls_kernel_program(records-test records_test.cpp ktlsctl ktlsctl-wire ktls-base)
# needs the module tls, and those of all four ciphers
ktls_kernel_program(kernel-ktls-test ktls_kernel_test.cpp ktls-ktls)
# KTLS_PORT=PORT tls12-keys-test
ktls_kernel_program(tls12-keys-test tls12_keys_test.cpp ktls-ktls ktlsctl-wire PkgConfig::gnutls)
# KTLS_HELPERS=DIR nvme-request-test; needs the modules tls and gcm, and openssl
ktls_kernel_program(nvme-request-test nvme_request_test.cpp ktls-broker ktlsctl-wire)
target_include_directories(nvme-request-test PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit)
