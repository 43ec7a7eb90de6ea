// The same with a test of its own, for `rustc --test`.
//
// SPDX-License-Identifier: MIT
use std::sync::Mutex;
use std::thread;

pub fn primes(end: u32) -> usize {
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for begin in 0..2 {
            let found = &found;
            scope.spawn(move || {
                for n in (begin..end).step_by(2) {
                    if n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| n % d != 0) {
                        found.lock().unwrap().push(n);
                    }
                }
            });
        }
    });
    let count = found.lock().unwrap().len();
    count
}

#[test]
fn below_ten_thousand() {
    assert_eq!(primes(10000), 1229);
}
