// What the memory model allows a litmus program, by brute force and straight from the axioms of
// C++20 ([intro.races], [atomics.order], [atomics.fences]), without a look at the engine. The
// fragment is that of C11Tester (Luo and Demsky, ASPLOS 2021).
//
// SPDX-License-Identifier: MIT
#include "explore/litmus/program.hpp"
#include "explore/litmus/relation.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace litmus {
namespace {

struct event {
    std::size_t thread = 0;
    instruction from{};
    bool initial = false; // the writes of 0 with which all begins
    bool reads = false;
    bool may_write = false;
    // As it turned out in the execution at hand:
    bool writes = false;
    std::memory_order order = std::memory_order_seq_cst;
};

class enumeration {
public:
    enumeration(const program& what, model by) : by_(by)
    {
        for (int i = 0; i < most_atomics; ++i) {
            instruction zero;
            zero.what = deed::store;
            zero.on = i;
            zero.order = std::memory_order_relaxed;
            events_.push_back({0, zero, true, false, true, true, zero.order});
        }
        for (std::size_t thread = 0; thread < what.size(); ++thread) {
            for (const instruction& one : what[thread]) {
                event made;
                made.thread = thread;
                made.from = one;
                made.reads = one.what != deed::store && one.what != deed::fence;
                made.may_write = one.what != deed::load && one.what != deed::fence;
                events_.push_back(made);
            }
        }
        if (events_.size() > most_events) {
            throw std::invalid_argument("too many events: " + text_of(what));
        }
        source_.resize(events_.size());
        for (std::size_t a = 0; a < events_.size(); ++a) {
            for (std::size_t b = a + 1; b < events_.size(); ++b) {
                if (!events_[b].initial &&
                    (events_[a].initial || events_[a].thread == events_[b].thread)) {
                    sequenced_.add(a, b);
                }
            }
        }
    }

    std::set<outcome> all()
    {
        choose_sources(most_atomics);
        return found_;
    }

private:
    bool is_fence(std::size_t i) const { return events_[i].from.what == deed::fence; }
    bool is_rmw(std::size_t i) const { return events_[i].reads && events_[i].writes; }
    bool is_seq_cst(std::size_t i) const
    {
        return !events_[i].initial && events_[i].order == std::memory_order_seq_cst;
    }
    bool on_same_atomic(std::size_t a, std::size_t b) const
    {
        return !is_fence(a) && !is_fence(b) && events_[a].from.on == events_[b].from.on;
    }

    // ---- where each read gets its value

    void choose_sources(std::size_t read)
    {
        while (read < events_.size() && !events_[read].reads) {
            ++read;
        }
        if (read == events_.size()) {
            try_sources();
            return;
        }
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (i != read && events_[i].may_write && on_same_atomic(i, read)) {
                source_[read] = i;
                choose_sources(read + 1);
            }
        }
    }

    int value_read(std::size_t read) const { return events_[source_[read]].from.value; }

    void settle(event& one, std::size_t number) const
    {
        one.writes = one.may_write;
        one.order = one.from.order;
        if (one.from.what == deed::compare_exchange && value_read(number) != one.from.expected) {
            one.writes = false;
            one.order = one.from.order_if_not;
        }
    }

    void try_sources()
    {
        for (std::size_t i = most_atomics; i < events_.size(); ++i) {
            settle(events_[i], i);
        }
        std::uint32_t updated = 0; // writes that a read-modify-write read
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (!events_[i].reads) {
                continue;
            }
            const std::uint32_t bit = 1u << source_[i];
            if (!events_[source_[i]].writes || (is_rmw(i) && (updated & bit) != 0)) {
                return;
            }
            updated |= is_rmw(i) ? bit : 0;
        }
        reads_from_ = {};
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (events_[i].reads) {
                reads_from_.add(source_[i], i);
            }
        }
        find_happens_before();
        relation causes = happens_before_;
        if (by_ == model::explorer) {
            causes.add(reads_from_);
        }
        if (causes.is_cyclic()) {
            return;
        }
        for (int i = 0; i < most_atomics; ++i) {
            find_coherent_orders(i);
        }
        choose_orders(0);
    }

    // ---- what happens before what

    // The writes of the release sequence that the write heads. That these follow each other in the
    // modification order is seen to where a read-modify-write comes right after what it read; it
    // may still be that some read each other in a ring.
    bool is_in_release_sequence_of(std::size_t head, std::size_t write) const
    {
        for (std::size_t i = 0; i < most_events && write != head && is_rmw(write); ++i) {
            write = source_[write];
        }
        return write == head;
    }

    void synchronize(std::size_t from, std::size_t to)
    {
        synchronizes_.add(from, to);
        happens_before_.add(from, to);
    }

    // `head` is a write, `read` reads from its release sequence.
    void synchronize_by(std::size_t head, std::size_t read)
    {
        std::vector<std::size_t> givers;
        std::vector<std::size_t> takers;
        if (releases(events_[head].order)) {
            givers.push_back(head);
        }
        if (acquires(events_[read].order)) {
            takers.push_back(read);
        }
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (is_fence(i) && sequenced_.has(i, head) && releases(events_[i].order)) {
                givers.push_back(i);
            }
            if (is_fence(i) && sequenced_.has(read, i) && acquires(events_[i].order)) {
                takers.push_back(i);
            }
        }
        for (const std::size_t giver : givers) {
            for (const std::size_t taker : takers) {
                synchronize(giver, taker);
            }
        }
    }

    void find_happens_before()
    {
        happens_before_ = sequenced_;
        synchronizes_ = {};
        for (std::size_t read = 0; read < events_.size(); ++read) {
            if (!events_[read].reads) {
                continue;
            }
            for (std::size_t head = most_atomics; head < events_.size(); ++head) {
                if (events_[head].writes && is_in_release_sequence_of(head, source_[read])) {
                    synchronize_by(head, read);
                }
            }
        }
        happens_before_.close();
    }

    relation strongly_happens_before() const
    {
        relation strong = sequenced_;
        for (std::size_t a = 0; a < events_.size(); ++a) {
            for_each_in(synchronizes_.after(a), [&](std::size_t b) {
                if (is_seq_cst(a) && is_seq_cst(b)) {
                    strong.add(a, b);
                }
            });
            for_each_in(sequenced_.after(a), [&](std::size_t b) {
                for_each_in(happens_before_.after(b), [&](std::size_t c) {
                    for_each_in(sequenced_.after(c), [&](std::size_t d) { strong.add(a, d); });
                });
            });
        }
        strong.close();
        return strong;
    }

    // ---- the modification orders

    struct coherent_order {
        relation coherence; // coherence-ordered before
        int last = 0;       // the value that is there in the end
    };

    void find_coherent_orders(int on)
    {
        coherent_orders_[static_cast<std::size_t>(on)].clear();
        std::uint32_t writes = 0;
        for (std::size_t i = most_atomics; i < events_.size(); ++i) {
            if (events_[i].writes && events_[i].from.on == on) {
                writes |= 1u << i;
            }
        }
        std::vector<std::size_t> order{static_cast<std::size_t>(on)};
        extend(order, writes);
    }

    // All ways in which `rest`, writes of the same atomic, may follow.
    void extend(std::vector<std::size_t>& order, std::uint32_t rest)
    {
        if (rest == 0) {
            const coherent_order one{coherence_of(order), events_[order.back()].from.value};
            if (is_coherent(one.coherence)) {
                coherent_orders_[order.front()].push_back(one);
            }
            return;
        }
        for_each_in(rest, [&](std::size_t next) {
            // No write may come before one that happens before it, nor between a read-modify-write
            // and what that read.
            bool possible = !is_rmw(next) || source_[next] == order.back();
            for_each_in(rest, [&](std::size_t other) {
                possible = possible && !happens_before_.has(other, next) &&
                           (other == next || !is_rmw(other) || source_[other] != order.back());
            });
            if (possible) {
                order.push_back(next);
                extend(order, rest & ~(1u << next));
                order.pop_back();
            }
        });
    }

    relation coherence_of(const std::vector<std::size_t>& writes) const
    {
        relation made;
        for (std::size_t i = 0; i < writes.size(); ++i) {
            for (std::size_t k = i + 1; k < writes.size(); ++k) {
                made.add(writes[i], writes[k]);
            }
            for_each_in(reads_from_.after(writes[i]), [&](std::size_t read) {
                made.add(writes[i], read);
                for (std::size_t k = i + 1; k < writes.size(); ++k) {
                    if (writes[k] != read) {
                        made.add(read, writes[k]); // from-read
                    }
                }
            });
        }
        made.close();
        return made;
    }

    bool is_coherent(const relation& coherence) const
    {
        for (std::size_t a = 0; a < events_.size(); ++a) {
            bool contradiction = coherence.has(a, a);
            for_each_in(coherence.after(a), [&](std::size_t b) {
                contradiction = contradiction || happens_before_.has(b, a);
            });
            if (contradiction) {
                return false;
            }
        }
        return true;
    }

    void choose_orders(std::size_t on)
    {
        if (on == most_atomics) {
            if (has_total_order_of_seq_cst()) {
                note_outcome();
            }
            return;
        }
        for (const coherent_order& one : coherent_orders_[on]) {
            chosen_[on] = &one;
            choose_orders(on + 1);
        }
    }

    // ---- the total order S of the seq_cst operations

    // The seq_cst operation itself, and the seq_cst fences that it happens after, or before.
    std::uint32_t fixed_by(std::size_t operation, bool fences_before) const
    {
        std::uint32_t all = is_seq_cst(operation) ? 1u << operation : 0;
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (is_fence(i) && is_seq_cst(i) &&
                (fences_before ? happens_before_.has(i, operation)
                               : happens_before_.has(operation, i))) {
                all |= 1u << i;
            }
        }
        return all;
    }

    bool has_total_order_of_seq_cst() const
    {
        relation order;
        for (std::size_t a = 0; a < events_.size(); ++a) {
            if (is_fence(a)) {
                continue;
            }
            const std::uint32_t earlier = fixed_by(a, true);
            const auto on = static_cast<std::size_t>(events_[a].from.on);
            for_each_in(earlier != 0 ? chosen_[on]->coherence.after(a) : 0, [&](std::size_t b) {
                const std::uint32_t later = fixed_by(b, false);
                for_each_in(earlier, [&](std::size_t x) {
                    for_each_in(later, [&](std::size_t y) { order.add(x, y); });
                });
            });
        }
        if (by_ == model::explorer) {
            order.add(happens_before_);
            order.add(reads_from_);
        } else {
            order.add(strongly_happens_before());
        }
        return !order.is_cyclic();
    }

    void note_outcome()
    {
        outcome came;
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (events_[i].reads) {
                came.push_back(value_read(i));
            }
        }
        for (const coherent_order* one : chosen_) {
            came.push_back(one->last);
        }
        found_.insert(came);
    }

    const model by_;
    std::vector<event> events_;
    std::vector<std::size_t> source_; // [read]: the write that it reads
    relation sequenced_;
    relation reads_from_;
    relation synchronizes_;
    relation happens_before_;
    std::array<std::vector<coherent_order>, most_atomics> coherent_orders_;
    std::array<const coherent_order*, most_atomics> chosen_{};
    std::set<outcome> found_;
};

} // namespace

std::set<outcome> allowed_outcomes(const program& what, model by)
{
    return enumeration(what, by).all();
}

} // namespace litmus
