;; The sums of aggregation over float32 values with float64 results: + - × and conversions alone, each rounded once
;; (no fused multiply-add), so that js-kernel.ts gives the same bits. Every $n is a multiple of 8 and above 0.
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
      (br_if $next (i32.lt_u (local.get $out) (local.get $end))))))
