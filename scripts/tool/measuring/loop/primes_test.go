// The same with a test of its own, for `go test`.
//
// SPDX-License-Identifier: MIT
package primes

import (
	"sync"
	"testing"
)

func primes(end int) int {
	var mutex sync.Mutex
	var threads sync.WaitGroup
	found := []int{}
	for begin := 0; begin < 2; begin++ {
		threads.Add(1)
		go func(begin int) {
			defer threads.Done()
			for n := begin; n < end; n += 2 {
				prime := n >= 2
				for divisor := 2; divisor*divisor <= n; divisor++ {
					prime = prime && n%divisor != 0
				}
				if prime {
					mutex.Lock()
					found = append(found, n)
					mutex.Unlock()
				}
			}
		}(begin)
	}
	threads.Wait()
	return len(found)
}

func TestBelowTenThousand(t *testing.T) {
	if got := primes(10000); got != 1229 {
		t.Fatal(got)
	}
}
