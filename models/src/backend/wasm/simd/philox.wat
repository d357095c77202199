;; Philox-4x32-10 (Salmon et al., SC 2011), four blocks at a time.
(module
  (import "heap" "memory" (memory 0))

  ;; out[i] = 0 where the lower 23 bits of random word i are below $dropped, else $kept. Counter: block number (32 bits), 0, $upper0, $upper1.
  ;; Writes whole groups of 16 values: up to 60 bytes past the end, which every tensor has behind it.
  (func (export "dropoutMask")
    (param $out i32) (param $count i32) (param $key0 i32) (param $key1 i32) (param $upper0 i32) (param $upper1 i32)
    (param $dropped i32) (param $kept f32)
    (local $end i32) (local $block v128) (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $block (v128.const i32x4 0 1 2 3))
    (loop $next
      (call $encrypt (local.get $block)
        (local.get $key0) (local.get $key1) (local.get $upper0) (local.get $upper1))
      (local.set $c3)
      (local.set $c2)
      (local.set $c1)
      (local.set $c0)
      (call $storeBlocks (local.get $out)
        (call $mask (local.get $c0) (local.get $dropped) (local.get $kept))
        (call $mask (local.get $c1) (local.get $dropped) (local.get $kept))
        (call $mask (local.get $c2) (local.get $dropped) (local.get $kept))
        (call $mask (local.get $c3) (local.get $dropped) (local.get $kept)))
      (local.set $block (i32x4.add (local.get $block) (v128.const i32x4 4 4 4 4)))
      (local.set $out (i32.add (local.get $out) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))

  ;; The words 0, 1, 2 and 3 of four blocks.
  (func $encrypt
    (param $block v128) (param $k0 i32) (param $k1 i32) (param $upper0 i32) (param $upper1 i32)
    (result v128 v128 v128 v128)
    (local $round i32) (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128)
    (local $low v128) (local $high v128) (local $a v128) (local $b v128)
    (local.set $c0 (local.get $block))
    (local.set $c1 (v128.const i32x4 0 0 0 0))
    (local.set $c2 (i32x4.splat (local.get $upper0)))
    (local.set $c3 (i32x4.splat (local.get $upper1)))
    (local.set $round (i32.const 10))
    (loop $rounds
      ;; products of 64 bits: a of c0, b of c2, as upper and lower halves
      (local.set $low (i64x2.extmul_low_i32x4_u (local.get $c0) (v128.const i32x4 0xd2511f53 0xd2511f53 0xd2511f53 0xd2511f53)))
      (local.set $high (i64x2.extmul_high_i32x4_u (local.get $c0) (v128.const i32x4 0xd2511f53 0xd2511f53 0xd2511f53 0xd2511f53)))
      (local.set $a (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $low) (local.get $high)))
      (local.set $c0 (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $low) (local.get $high)))
      (local.set $low (i64x2.extmul_low_i32x4_u (local.get $c2) (v128.const i32x4 0xcd9e8d57 0xcd9e8d57 0xcd9e8d57 0xcd9e8d57)))
      (local.set $high (i64x2.extmul_high_i32x4_u (local.get $c2) (v128.const i32x4 0xcd9e8d57 0xcd9e8d57 0xcd9e8d57 0xcd9e8d57)))
      (local.set $b (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $low) (local.get $high)))
      (local.set $c2 (v128.xor (v128.xor (local.get $a) (local.get $c3)) (i32x4.splat (local.get $k1))))
      (local.set $c3 (local.get $c0))
      (local.set $c0 (v128.xor (v128.xor (local.get $b) (local.get $c1)) (i32x4.splat (local.get $k0))))
      (local.set $c1 (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $low) (local.get $high)))
      (local.set $k0 (i32.add (local.get $k0) (i32.const 0x9e3779b9)))
      (local.set $k1 (i32.add (local.get $k1) (i32.const 0xbb67ae85)))
      (br_if $rounds (local.tee $round (i32.sub (local.get $round) (i32.const 1)))))
    (local.get $c0)
    (local.get $c1)
    (local.get $c2)
    (local.get $c3))

  ;; Stores four blocks, given word by word.
  (func $storeBlocks (param $out i32) (param $c0 v128) (param $c1 v128) (param $c2 v128) (param $c3 v128)
    (local $a v128) (local $b v128)
    (local.set $a (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c0) (local.get $c1)))
    (local.set $b (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c2) (local.get $c3)))
    (v128.store (local.get $out)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $a) (local.get $b)))
    (v128.store offset=16 (local.get $out)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $a) (local.get $b)))
    (local.set $a (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c0) (local.get $c1)))
    (local.set $b (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c2) (local.get $c3)))
    (v128.store offset=32 (local.get $out)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $a) (local.get $b)))
    (v128.store offset=48 (local.get $out)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $a) (local.get $b))))

  (func $mask (param $words v128) (param $dropped i32) (param $kept f32) (result v128)
    (v128.and
      (i32x4.ge_s
        (v128.and (local.get $words) (v128.const i32x4 0x7fffff 0x7fffff 0x7fffff 0x7fffff))
        (i32x4.splat (local.get $dropped)))
      (f32x4.splat (local.get $kept)))))
