// The SQL functions beyond SQLite's own.

#include "store/functions.h"

#include "store/store_testing.h"

namespace outboard {
namespace {

TEST(Functions, Uuid7RisesAndIsThereOnEveryConnection) {
  StoreTrial trial;
  ask(trial.writer(), "create table t(id blob primary key default (uuid7()), n integer)");
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(ask(trial.writer(), "insert into t(n) values (" + std::to_string(i) + ")"), "done");
  EXPECT_EQ(ask(trial.writer(), "select count(*) from t where length(id) = 16"), "500");
  EXPECT_EQ(trial.read("select count(*) from (select n, row_number() over (order by id) - 1 as r "
                       "from t) where n <> r"),
            "0");
  EXPECT_EQ(trial.read("select substr(hex(uuid7()), 13, 1)"), "7");
  EXPECT_EQ(trial.read("select uuid7() < uuid7()"), "1");
  EXPECT_EQ(trial.read("select uuid7(1)"), "bad_request");
}

}  // namespace
}  // namespace outboard
