// Tables of others: absl's map in private memory as the limit, LMDB, SQLite and a Boost map in shared memory as peers.
// SPDX-License-Identifier: MIT
//
// Each has get, put and erase, of an 8-byte key and a 64-byte value, and open(): the same table in another process.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/node_hash_map.h>
#include <lmdb.h>
#include <sqlite3.h>

#include <array>
#include <boost/functional/hash.hpp>
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/managed_mapped_file.hpp>
#include <boost/interprocess/sync/interprocess_sharable_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
#include <boost/interprocess/sync/sharable_lock.hpp>
#include <boost/unordered_map.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "beside.hpp"

namespace bench::peers {

struct value64 {
    std::array<std::uint64_t, 8> words;
};

template <class Map>
class private_map {
   public:
    explicit private_map(const std::string&) {}
    bool get(std::uint64_t key, value64& into) const {
        const auto found = map_.find(key);
        if (found == map_.end()) return false;
        into = found->second;
        return true;
    }
    void put(std::uint64_t key, const value64& v) { map_[key] = v; }
    void erase(std::uint64_t key) { map_.erase(key); }

   private:
    Map map_;
};
// Its slots hold the values; or they say where each is, as samepage's do.
using absl_map = private_map<absl::flat_hash_map<std::uint64_t, value64>>;
using absl_nodes = private_map<absl::node_hash_map<std::uint64_t, value64>>;

class boost_map {
    using memory = boost::interprocess::managed_mapped_file;
    using pair = std::pair<const std::uint64_t, value64>;
    using allocator = boost::interprocess::allocator<pair, memory::segment_manager>;
    using map = boost::unordered_map<std::uint64_t, value64, boost::hash<std::uint64_t>, std::equal_to<>, allocator>;
    using mutex = boost::interprocess::interprocess_sharable_mutex;

   public:
    explicit boost_map(const std::string& folder)
        : file_(boost::interprocess::open_or_create, (folder + "/boost").c_str(), std::size_t{1} << 30),
          mutex_(file_.find_or_construct<mutex>("mutex")()),
          map_(file_.find_or_construct<map>("map")(1 << 20, boost::hash<std::uint64_t>(), std::equal_to<>(),
                                                   file_.get_segment_manager())) {}
    bool get(std::uint64_t key, value64& into) const {
        const boost::interprocess::sharable_lock<mutex> shared(*mutex_);
        const auto found = map_->find(key);
        if (found == map_->end()) return false;
        into = found->second;
        return true;
    }
    void put(std::uint64_t key, const value64& v) {
        const boost::interprocess::scoped_lock<mutex> alone(*mutex_);
        (*map_)[key] = v;
    }
    void erase(std::uint64_t key) {
        const boost::interprocess::scoped_lock<mutex> alone(*mutex_);
        map_->erase(key);
    }

   private:
    memory file_;
    mutex* mutex_;
    map* map_;
};

// Without waiting for the disk, writing in the mapping: as fast as it goes.
class lmdb {
   public:
    explicit lmdb(const std::string& folder) {
        check(mdb_env_create(&env_));
        check(mdb_env_set_mapsize(env_, std::size_t{2} << 30));
        check(mdb_env_open(env_, (folder + "/lmdb").c_str(), MDB_NOSYNC | MDB_WRITEMAP | MDB_NOSUBDIR, 0600));
        MDB_txn* txn = nullptr;
        check(mdb_txn_begin(env_, nullptr, 0, &txn));
        check(mdb_dbi_open(txn, nullptr, MDB_INTEGERKEY, &dbi_));
        check(mdb_txn_commit(txn));
        check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader_));
        mdb_txn_reset(reader_);
    }
    lmdb(const lmdb&) = delete;
    lmdb& operator=(const lmdb&) = delete;
    ~lmdb() {
        mdb_txn_abort(reader_);
        mdb_env_close(env_);
    }
    bool get(std::uint64_t key, value64& into) const {
        check(mdb_txn_renew(reader_));
        MDB_val k{sizeof key, &key}, v{};
        const int found = mdb_get(reader_, dbi_, &k, &v);
        if (found == 0) std::memcpy(&into, v.mv_data, sizeof into);
        mdb_txn_reset(reader_);
        return found == 0;
    }
    void put(std::uint64_t key, const value64& value) {
        MDB_txn* txn = nullptr;
        check(mdb_txn_begin(env_, nullptr, 0, &txn));
        MDB_val k{sizeof key, &key}, v{sizeof value, const_cast<value64*>(&value)};
        check(mdb_put(txn, dbi_, &k, &v, 0));
        check(mdb_txn_commit(txn));
    }
    void erase(std::uint64_t key) {
        MDB_txn* txn = nullptr;
        check(mdb_txn_begin(env_, nullptr, 0, &txn));
        MDB_val k{sizeof key, &key};
        check(mdb_del(txn, dbi_, &k, nullptr));
        check(mdb_txn_commit(txn));
    }
    // Many in one transaction, to fill it.
    template <class Each>
    void fill(std::uint64_t count, Each&& each) {
        MDB_txn* txn = nullptr;
        check(mdb_txn_begin(env_, nullptr, 0, &txn));
        for (std::uint64_t i = 0; i < count; ++i) {
            auto [key, value] = each(i);
            MDB_val k{sizeof key, &key}, v{sizeof value, &value};
            check(mdb_put(txn, dbi_, &k, &v, 0));
        }
        check(mdb_txn_commit(txn));
    }

   private:
    static void check(int status) {
        if (status != 0) fail(std::string("LMDB: ") + mdb_strerror(status));
    }
    MDB_env* env_ = nullptr;
    MDB_dbi dbi_ = 0;
    MDB_txn* reader_ = nullptr;
};

// A write-ahead log, no waiting for the disk.
class sqlite {
   public:
    explicit sqlite(const std::string& folder) {
        check(sqlite3_open((folder + "/sqlite").c_str(), &base_));
        check(sqlite3_busy_timeout(base_, 60000));
        run("PRAGMA journal_mode=WAL");
        run("PRAGMA synchronous=OFF");
        run("CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, v BLOB)");
        check(sqlite3_prepare_v2(base_, "SELECT v FROM t WHERE k=?", -1, &get_, nullptr));
        check(sqlite3_prepare_v2(base_, "INSERT OR REPLACE INTO t VALUES(?,?)", -1, &put_, nullptr));
        check(sqlite3_prepare_v2(base_, "DELETE FROM t WHERE k=?", -1, &erase_, nullptr));
    }
    sqlite(const sqlite&) = delete;
    sqlite& operator=(const sqlite&) = delete;
    ~sqlite() {
        for (sqlite3_stmt* statement : {get_, put_, erase_}) sqlite3_finalize(statement);
        sqlite3_close(base_);
    }
    bool get(std::uint64_t key, value64& into) const {
        bind(get_, key);
        const bool found = sqlite3_step(get_) == SQLITE_ROW;
        if (found) std::memcpy(&into, sqlite3_column_blob(get_, 0), sizeof into);
        sqlite3_reset(get_);
        return found;
    }
    void put(std::uint64_t key, const value64& v) {
        bind(put_, key);
        check(sqlite3_bind_blob(put_, 2, &v, sizeof v, SQLITE_STATIC));
        step(put_);
    }
    void erase(std::uint64_t key) {
        bind(erase_, key);
        step(erase_);
    }
    template <class Each>
    void fill(std::uint64_t count, Each&& each) {
        run("BEGIN");
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto [key, value] = each(i);
            put(key, value);
        }
        run("COMMIT");
    }

   private:
    static void check(int status) {
        if (status != SQLITE_OK) fail(std::string("SQLite: ") + sqlite3_errstr(status));
    }
    static void bind(sqlite3_stmt* statement, std::uint64_t key) {
        check(sqlite3_bind_int64(statement, 1, static_cast<sqlite3_int64>(key)));
    }
    static void step(sqlite3_stmt* statement) {
        if (sqlite3_step(statement) != SQLITE_DONE) fail("SQLite: a statement failed");
        sqlite3_reset(statement);
    }
    void run(const char* sql) { check(sqlite3_exec(base_, sql, nullptr, nullptr, nullptr)); }

    sqlite3* base_ = nullptr;
    sqlite3_stmt *get_ = nullptr, *put_ = nullptr, *erase_ = nullptr;
};

}  // namespace bench::peers
