;; The sums of aggregation over float32 values with float64 results: + - × and conversions alone, each rounded once
;; (no fused multiply-add), so that js-kernel.ts gives the same bits; and the exchanges of a sorting network. Every $n is above 0
;; and a multiple of 8, but where another number is named.
(module
  (import "host" "memory" (memory 1))

  ;; y[i] += w · x[i]; y: float64, x: float32
  (func (export "axpy") (param $y i32) (param $x i32) (param $n i32) (param $w f64)
    (local $end i32) (local $ww v128)
    (local.set $ww (f64x2.splat (local.get $w)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store (local.get $y) (f64x2.add (v128.load (local.get $y))
        (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $x))))))
      (v128.store offset=16 (local.get $y) (f64x2.add (v128.load offset=16 (local.get $y))
        (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x))))))
      (v128.store offset=32 (local.get $y) (f64x2.add (v128.load offset=32 (local.get $y))
        (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $x))))))
      (v128.store offset=48 (local.get $y) (f64x2.add (v128.load offset=48 (local.get $y))
        (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $x))))))
      (local.set $y (i32.add (local.get $y) (i32.const 64)))
      (local.set $x (i32.add (local.get $x) (i32.const 32)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end)))))

  ;; y[i] = (y[i] + w · x[i]) + v · z[i]: two turns of axpy, with y read and written once; y: float64, x, z: float32
  (func (export "axpyTwice") (param $y i32) (param $x i32) (param $z i32) (param $n i32) (param $w f64) (param $v f64)
    (local $end i32) (local $ww v128) (local $vv v128)
    (local.set $ww (f64x2.splat (local.get $w)))
    (local.set $vv (f64x2.splat (local.get $v)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store (local.get $y) (f64x2.add
        (f64x2.add (v128.load (local.get $y))
          (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $x)))))
        (f64x2.mul (local.get $vv) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $z))))))
      (v128.store offset=16 (local.get $y) (f64x2.add
        (f64x2.add (v128.load offset=16 (local.get $y))
          (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x)))))
        (f64x2.mul (local.get $vv) (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $z))))))
      (v128.store offset=32 (local.get $y) (f64x2.add
        (f64x2.add (v128.load offset=32 (local.get $y))
          (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $x)))))
        (f64x2.mul (local.get $vv) (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $z))))))
      (v128.store offset=48 (local.get $y) (f64x2.add
        (f64x2.add (v128.load offset=48 (local.get $y))
          (f64x2.mul (local.get $ww) (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $x)))))
        (f64x2.mul (local.get $vv) (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $z))))))
      (local.set $y (i32.add (local.get $y) (i32.const 64)))
      (local.set $z (i32.add (local.get $z) (i32.const 32)))
      (local.set $x (i32.add (local.get $x) (i32.const 32)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end)))))

  ;; Σ (x[i] − b[i])² in eight partial sums by i mod 8, then ((0+2)+(4+6)) + ((1+3)+(5+7)); x, b: float32
  (func (export "differenceSquares") (param $x i32) (param $b i32) (param $n i32) (result f64)
    (local $end i32) (local $d v128) (local $s0 v128) (local $s2 v128) (local $s4 v128) (local $s6 v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $d (f64x2.sub
        (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $x)))
        (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $b)))))
      (local.set $s0 (f64x2.add (local.get $s0) (f64x2.mul (local.get $d) (local.get $d))))
      (local.set $d (f64x2.sub
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x)))
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $b)))))
      (local.set $s2 (f64x2.add (local.get $s2) (f64x2.mul (local.get $d) (local.get $d))))
      (local.set $d (f64x2.sub
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $x)))
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $b)))))
      (local.set $s4 (f64x2.add (local.get $s4) (f64x2.mul (local.get $d) (local.get $d))))
      (local.set $d (f64x2.sub
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $x)))
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $b)))))
      (local.set $s6 (f64x2.add (local.get $s6) (f64x2.mul (local.get $d) (local.get $d))))
      (local.set $x (i32.add (local.get $x) (i32.const 32)))
      (local.set $b (i32.add (local.get $b) (i32.const 32)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end))))
    (local.set $s0 (f64x2.add
      (f64x2.add (local.get $s0) (local.get $s2))
      (f64x2.add (local.get $s4) (local.get $s6))))
    (f64.add (f64x2.extract_lane 0 (local.get $s0)) (f64x2.extract_lane 1 (local.get $s0))))

  ;; Σ (x[i] − b[i])² of groups of 32 in float32, by i mod 4: the first 16 as (((0+4)+8)+12), the others likewise, then both;
  ;; the groups in float64 by i mod 4, then (0+2) + (1+3). $n is a multiple of 32; x, b: float32
  (func (export "roughSquares") (param $x i32) (param $b i32) (param $n i32) (result f64)
    (local $end i32) (local $d v128) (local $q v128) (local $r v128) (local $s0 v128) (local $s2 v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $d (f32x4.sub (v128.load (local.get $x)) (v128.load (local.get $b))))
      (local.set $q (f32x4.mul (local.get $d) (local.get $d)))
      (local.set $d (f32x4.sub (v128.load offset=16 (local.get $x)) (v128.load offset=16 (local.get $b))))
      (local.set $q (f32x4.add (local.get $q) (f32x4.mul (local.get $d) (local.get $d))))
      (local.set $d (f32x4.sub (v128.load offset=32 (local.get $x)) (v128.load offset=32 (local.get $b))))
      (local.set $q (f32x4.add (local.get $q) (f32x4.mul (local.get $d) (local.get $d))))
      (local.set $d (f32x4.sub (v128.load offset=48 (local.get $x)) (v128.load offset=48 (local.get $b))))
      (local.set $q (f32x4.add (local.get $q) (f32x4.mul (local.get $d) (local.get $d))))
      (local.set $d (f32x4.sub (v128.load offset=64 (local.get $x)) (v128.load offset=64 (local.get $b))))
      (local.set $r (f32x4.mul (local.get $d) (local.get $d)))
      (local.set $d (f32x4.sub (v128.load offset=80 (local.get $x)) (v128.load offset=80 (local.get $b))))
      (local.set $r (f32x4.add (local.get $r) (f32x4.mul (local.get $d) (local.get $d))))
      (local.set $d (f32x4.sub (v128.load offset=96 (local.get $x)) (v128.load offset=96 (local.get $b))))
      (local.set $r (f32x4.add (local.get $r) (f32x4.mul (local.get $d) (local.get $d))))
      (local.set $d (f32x4.sub (v128.load offset=112 (local.get $x)) (v128.load offset=112 (local.get $b))))
      (local.set $r (f32x4.add (local.get $r) (f32x4.mul (local.get $d) (local.get $d))))
      (local.set $q (f32x4.add (local.get $q) (local.get $r)))
      (local.set $s0 (f64x2.add (local.get $s0) (f64x2.promote_low_f32x4 (local.get $q))))
      (local.set $s2 (f64x2.add (local.get $s2) (f64x2.promote_low_f32x4
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $q) (local.get $q)))))
      (local.set $b (i32.add (local.get $b) (i32.const 128)))
      (local.set $x (i32.add (local.get $x) (i32.const 128)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end))))
    (local.set $s0 (f64x2.add (local.get $s0) (local.get $s2)))
    (f64.add (f64x2.extract_lane 0 (local.get $s0)) (f64x2.extract_lane 1 (local.get $s0))))

  ;; out[i] = y[i] rounded to the nearest float32, ties to even; y: float64, out: float32
  (func (export "store") (param $out i32) (param $y i32) (param $n i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store64_lane 0 (local.get $out) (f32x4.demote_f64x2_zero (v128.load (local.get $y))))
      (v128.store64_lane offset=8 0 (local.get $out) (f32x4.demote_f64x2_zero (v128.load offset=16 (local.get $y))))
      (v128.store64_lane offset=16 0 (local.get $out) (f32x4.demote_f64x2_zero (v128.load offset=32 (local.get $y))))
      (v128.store64_lane offset=24 0 (local.get $out) (f32x4.demote_f64x2_zero (v128.load offset=48 (local.get $y))))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $y (i32.add (local.get $y) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))

  ;; Goes through a list of pairs of rows, each two addresses, up to $end: of every column the lesser value comes into the first
  ;; row and the greater one into the second; what is equal stays. $n: bytes of a row, a multiple of 64; rows: float32
  (func (export "exchange") (param $pair i32) (param $end i32) (param $n i32)
    (local $lo i32) (local $hi i32) (local $stop i32) (local $a v128) (local $b v128)
    (loop $pairs
      (local.set $lo (i32.load (local.get $pair)))
      (local.set $hi (i32.load offset=4 (local.get $pair)))
      (local.set $stop (i32.add (local.get $lo) (local.get $n)))
      (loop $next
        (local.set $a (v128.load (local.get $lo)))
        (local.set $b (v128.load (local.get $hi)))
        (v128.store (local.get $lo) (f32x4.pmin (local.get $a) (local.get $b)))
        (v128.store (local.get $hi) (f32x4.pmax (local.get $b) (local.get $a)))
        (local.set $a (v128.load offset=16 (local.get $lo)))
        (local.set $b (v128.load offset=16 (local.get $hi)))
        (v128.store offset=16 (local.get $lo) (f32x4.pmin (local.get $a) (local.get $b)))
        (v128.store offset=16 (local.get $hi) (f32x4.pmax (local.get $b) (local.get $a)))
        (local.set $a (v128.load offset=32 (local.get $lo)))
        (local.set $b (v128.load offset=32 (local.get $hi)))
        (v128.store offset=32 (local.get $lo) (f32x4.pmin (local.get $a) (local.get $b)))
        (v128.store offset=32 (local.get $hi) (f32x4.pmax (local.get $b) (local.get $a)))
        (local.set $a (v128.load offset=48 (local.get $lo)))
        (local.set $b (v128.load offset=48 (local.get $hi)))
        (v128.store offset=48 (local.get $lo) (f32x4.pmin (local.get $a) (local.get $b)))
        (v128.store offset=48 (local.get $hi) (f32x4.pmax (local.get $b) (local.get $a)))
        (local.set $hi (i32.add (local.get $hi) (i32.const 64)))
        (local.set $lo (i32.add (local.get $lo) (i32.const 64)))
        (br_if $next (i32.lt_u (local.get $lo) (local.get $stop))))
      (local.set $pair (i32.add (local.get $pair) (i32.const 8)))
      (br_if $pairs (i32.lt_u (local.get $pair) (local.get $end)))))

  ;; a[i] = (a[i] + b[i]) / 2 in float64, rounded to float32; a, b: float32
  (func (export "halfway") (param $a i32) (param $b i32) (param $n i32)
    (local $end i32) (local $half v128)
    (local.set $half (f64x2.splat (f64.const 0.5)))
    (local.set $end (i32.add (local.get $a) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store64_lane 0 (local.get $a) (f32x4.demote_f64x2_zero (f64x2.mul (local.get $half) (f64x2.add
        (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $a)))
        (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $b)))))))
      (v128.store64_lane offset=8 0 (local.get $a) (f32x4.demote_f64x2_zero (f64x2.mul (local.get $half) (f64x2.add
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $a)))
        (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $b)))))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $a) (local.get $end))))))
