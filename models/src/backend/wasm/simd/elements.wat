;; Operations value by value. Addresses are bytes; $count values are rounded up to whole vectors of four: reads and writes may pass the end
;; by 12 bytes, which every tensor has behind it.
(module
  (import "heap" "memory" (memory 0))

  ;; out = dy where y > 0, else 0
  (func (export "reluGradient") (param $dy i32) (param $y i32) (param $out i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $dy) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (v128.store (local.get $out) (v128.and
        (v128.load (local.get $dy))
        (f32x4.gt (v128.load (local.get $y)) (v128.const f32x4 0 0 0 0))))
      (local.set $dy (i32.add (local.get $dy) (i32.const 16)))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $dy) (local.get $end)))))

  ;; out = x · Φ(x)
  (func (export "gelu") (param $x i32) (param $out i32) (param $count i32)
    (local $end i32) (local $v v128) (local $cumulative v128) (local $density v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (local.set $v (v128.load (local.get $x)))
      (call $normal (local.get $v))
      (local.set $density)
      (local.set $cumulative)
      (v128.store (local.get $out) (f32x4.mul (local.get $v) (local.get $cumulative)))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end)))))

  ;; out = dy · (Φ(x) + x · φ(x))
  (func (export "geluGradient") (param $dy i32) (param $x i32) (param $out i32) (param $count i32)
    (local $end i32) (local $v v128) (local $cumulative v128) (local $density v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (local.set $v (v128.load (local.get $x)))
      (call $normal (local.get $v))
      (local.set $density)
      (local.set $cumulative)
      (v128.store (local.get $out) (f32x4.mul
        (v128.load (local.get $dy))
        (f32x4.add (local.get $cumulative) (f32x4.mul (local.get $v) (local.get $density)))))
      (local.set $dy (i32.add (local.get $dy) (i32.const 16)))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end)))))

  ;; Φ(x) and φ(x). The tail beyond |x| is ½ · p(t) · exp(−x²/2), t = 1 / (1 + c|x|/√2) (Abramowitz & Stegun 7.1.26, error 1.5e-7), so that
  ;; Φ is that tail left of zero and one minus it on the right.
  (func $normal (param $x v128) (result v128 v128)
    (local $t v128) (local $tail v128) (local $power v128) (local $n v128) (local $r v128)
    ;; exp(−x²/2) = 2ⁿ · exp(r), n the nearest integer to −x²/2 · log₂e: added to 1.5 · 2²³, it stands in the low bits.
    (local.set $power (f32x4.pmax
      (f32x4.mul (f32x4.mul (local.get $x) (local.get $x)) (v128.const f32x4 -0.5 -0.5 -0.5 -0.5))
      (v128.const f32x4 -87 -87 -87 -87)))
    (local.set $t (f32x4.add
      (f32x4.mul (local.get $power) (v128.const f32x4 1.44269504 1.44269504 1.44269504 1.44269504))
      (v128.const f32x4 12582912 12582912 12582912 12582912)))
    (local.set $n (f32x4.sub (local.get $t) (v128.const f32x4 12582912 12582912 12582912 12582912)))
    ;; ln 2 in two parts (Cephes expf)
    (local.set $r (f32x4.sub (local.get $power)
      (f32x4.mul (local.get $n) (v128.const f32x4 0.693359375 0.693359375 0.693359375 0.693359375))))
    (local.set $r (f32x4.add (local.get $r)
      (f32x4.mul (local.get $n) (v128.const f32x4 2.12194440e-4 2.12194440e-4 2.12194440e-4 2.12194440e-4))))
    (local.set $power (v128.const f32x4 1.9875691500e-4 1.9875691500e-4 1.9875691500e-4 1.9875691500e-4))
    (local.set $power (f32x4.add (f32x4.mul (local.get $power) (local.get $r))
      (v128.const f32x4 1.3981999507e-3 1.3981999507e-3 1.3981999507e-3 1.3981999507e-3)))
    (local.set $power (f32x4.add (f32x4.mul (local.get $power) (local.get $r))
      (v128.const f32x4 8.3334519073e-3 8.3334519073e-3 8.3334519073e-3 8.3334519073e-3)))
    (local.set $power (f32x4.add (f32x4.mul (local.get $power) (local.get $r))
      (v128.const f32x4 4.1665795894e-2 4.1665795894e-2 4.1665795894e-2 4.1665795894e-2)))
    (local.set $power (f32x4.add (f32x4.mul (local.get $power) (local.get $r))
      (v128.const f32x4 1.6666665459e-1 1.6666665459e-1 1.6666665459e-1 1.6666665459e-1)))
    (local.set $power (f32x4.add (f32x4.mul (local.get $power) (local.get $r))
      (v128.const f32x4 5.0000001201e-1 5.0000001201e-1 5.0000001201e-1 5.0000001201e-1)))
    (local.set $power (f32x4.add
      (f32x4.add (f32x4.mul (f32x4.mul (local.get $power) (local.get $r)) (local.get $r)) (local.get $r))
      (v128.const f32x4 1 1 1 1)))
    (local.set $power (f32x4.mul (local.get $power)
      (i32x4.add (i32x4.shl (local.get $t) (i32.const 23)) (v128.const f32x4 1 1 1 1))))
    ;; c/√2 = 0.3275911 · 0.70710678
    (local.set $t (f32x4.div (v128.const f32x4 1 1 1 1)
      (f32x4.add (v128.const f32x4 1 1 1 1)
        (f32x4.mul (f32x4.abs (local.get $x)) (v128.const f32x4 0.23164189 0.23164189 0.23164189 0.23164189)))))
    (local.set $tail (v128.const f32x4 1.061405429 1.061405429 1.061405429 1.061405429))
    (local.set $tail (f32x4.add (f32x4.mul (local.get $tail) (local.get $t))
      (v128.const f32x4 -1.453152027 -1.453152027 -1.453152027 -1.453152027)))
    (local.set $tail (f32x4.add (f32x4.mul (local.get $tail) (local.get $t))
      (v128.const f32x4 1.421413741 1.421413741 1.421413741 1.421413741)))
    (local.set $tail (f32x4.add (f32x4.mul (local.get $tail) (local.get $t))
      (v128.const f32x4 -0.284496736 -0.284496736 -0.284496736 -0.284496736)))
    (local.set $tail (f32x4.add (f32x4.mul (local.get $tail) (local.get $t))
      (v128.const f32x4 0.254829592 0.254829592 0.254829592 0.254829592)))
    (local.set $tail (f32x4.mul
      (f32x4.mul (f32x4.mul (local.get $tail) (local.get $t)) (local.get $power))
      (v128.const f32x4 0.5 0.5 0.5 0.5)))
    (v128.bitselect
      (local.get $tail)
      (f32x4.sub (v128.const f32x4 1 1 1 1) (local.get $tail))
      (f32x4.lt (local.get $x) (v128.const f32x4 0 0 0 0)))
    (f32x4.mul (local.get $power) (v128.const f32x4 0.39894228 0.39894228 0.39894228 0.39894228)))

  ;; One step of Adam where everything lies: m = β₁·m + g, v = β₂·v + g², w = keep·w − rate · m / (√v + eps). The callers's rate and eps
  ;; carry the factors that this form of m and v leaves out.
  (func (export "adam")
    (param $w i32) (param $g i32) (param $m i32) (param $v i32) (param $count i32)
    (param $beta1 f32) (param $beta2 f32) (param $rate f32) (param $eps f32) (param $keep f32)
    (local $end i32) (local $slope v128) (local $first v128) (local $second v128)
    (local.set $end (i32.add (local.get $w) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (local.set $slope (v128.load (local.get $g)))
      (local.set $first (f32x4.add
        (f32x4.mul (v128.load (local.get $m)) (f32x4.splat (local.get $beta1)))
        (local.get $slope)))
      (local.set $second (f32x4.add
        (f32x4.mul (v128.load (local.get $v)) (f32x4.splat (local.get $beta2)))
        (f32x4.mul (local.get $slope) (local.get $slope))))
      (v128.store (local.get $m) (local.get $first))
      (v128.store (local.get $v) (local.get $second))
      (v128.store (local.get $w) (f32x4.sub
        (f32x4.mul (v128.load (local.get $w)) (f32x4.splat (local.get $keep)))
        (f32x4.mul
          (f32x4.div (local.get $first)
            (f32x4.add (f32x4.sqrt (local.get $second)) (f32x4.splat (local.get $eps))))
          (f32x4.splat (local.get $rate)))))
      (local.set $w (i32.add (local.get $w) (i32.const 16)))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $w) (local.get $end))))))
