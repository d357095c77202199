;; Copies between layouts. Addresses and strides are bytes.
(module
  (import "heap" "memory" (memory 0))

  ;; Copies `rows` rows of $bytes (a multiple of 4), which lie $stride apart, one behind the other.
  (func (export "gatherRows") (param $from i32) (param $stride i32) (param $rows i32) (param $bytes i32) (param $to i32)
    (local $at i32) (local $whole i32)
    (local.set $whole (i32.and (local.get $bytes) (i32.const -16)))
    (loop $next
      (local.set $at (i32.const 0))
      (block $vectors
        (br_if $vectors (i32.eqz (local.get $whole)))
        (loop $fours
          (v128.store (i32.add (local.get $to) (local.get $at)) (v128.load (i32.add (local.get $from) (local.get $at))))
          (br_if $fours (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $whole)))))
      (block $words
        (br_if $words (i32.ge_u (local.get $at) (local.get $bytes)))
        (loop $singles
          (i32.store (i32.add (local.get $to) (local.get $at)) (i32.load (i32.add (local.get $from) (local.get $at))))
          (br_if $singles (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $bytes)))))
      (local.set $from (i32.add (local.get $from) (local.get $stride)))
      (local.set $to (i32.add (local.get $to) (local.get $bytes)))
      (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
