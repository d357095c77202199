;; Operations row by row on matrices [rows, width]. Addresses are bytes, counts are values. A row's last vector of four may reach into the
;; next row, which is written after it, or into the 12 bytes behind the tensor; sums leave those lanes out.
(module
  (import "heap" "memory" (memory 0))

  ;; All bits in the lanes of a row's last vector that belong to it.
  (func $lastLanes (param $width i32) (result v128)
    (i32x4.lt_s (v128.const i32x4 0 1 2 3)
      (i32x4.splat (i32.add (i32.and (i32.sub (local.get $width) (i32.const 1)) (i32.const 3)) (i32.const 1)))))

  (func $total (param $v v128) (result f32)
    (local.set $v (f32x4.add (local.get $v)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
    (f32.add (f32x4.extract_lane 0 (local.get $v)) (f32x4.extract_lane 1 (local.get $v))))

  ;; y = (x − mean) · inverse · gamma + beta, inverse = 1 / √(variance + eps)
  (func (export "layerNorm")
    (param $x i32) (param $gamma i32) (param $beta i32) (param $rows i32) (param $width i32) (param $eps f32)
    (param $y i32) (param $mean i32) (param $inverse i32)
    (local $at i32) (local $bytes i32) (local $last i32) (local $lanes v128) (local $sum v128) (local $v v128)
    (local $m v128) (local $i v128)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (local.set $last (i32.and (i32.sub (local.get $bytes) (i32.const 4)) (i32.const -16)))
    (local.set $lanes (call $lastLanes (local.get $width)))
    (loop $next
      (local.set $sum (v128.and (v128.load (i32.add (local.get $x) (local.get $last))) (local.get $lanes)))
      (local.set $at (i32.const 0))
      (block $summed
        (br_if $summed (i32.eqz (local.get $last)))
        (loop $sums
          (local.set $sum (f32x4.add (local.get $sum) (v128.load (i32.add (local.get $x) (local.get $at)))))
          (br_if $sums (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $last)))))
      (local.set $m (f32x4.splat (f32.div (call $total (local.get $sum)) (f32.convert_i32_u (local.get $width)))))
      (local.set $v (v128.and
        (f32x4.sub (v128.load (i32.add (local.get $x) (local.get $last))) (local.get $m))
        (local.get $lanes)))
      (local.set $sum (f32x4.mul (local.get $v) (local.get $v)))
      (local.set $at (i32.const 0))
      (block $squared
        (br_if $squared (i32.eqz (local.get $last)))
        (loop $squares
          (local.set $v (f32x4.sub (v128.load (i32.add (local.get $x) (local.get $at))) (local.get $m)))
          (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul (local.get $v) (local.get $v))))
          (br_if $squares (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $last)))))
      (local.set $i (f32x4.splat (f32.div (f32.const 1) (f32.sqrt (f32.add
        (f32.div (call $total (local.get $sum)) (f32.convert_i32_u (local.get $width)))
        (local.get $eps))))))
      (local.set $at (i32.const 0))
      (loop $values
        (v128.store (i32.add (local.get $y) (local.get $at)) (f32x4.add
          (f32x4.mul
            (f32x4.mul
              (f32x4.sub (v128.load (i32.add (local.get $x) (local.get $at))) (local.get $m))
              (local.get $i))
            (v128.load (i32.add (local.get $gamma) (local.get $at))))
          (v128.load (i32.add (local.get $beta) (local.get $at)))))
        (br_if $values (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $bytes))))
      (f32.store (local.get $mean) (f32x4.extract_lane 0 (local.get $m)))
      (f32.store (local.get $inverse) (f32x4.extract_lane 0 (local.get $i)))
      (local.set $mean (i32.add (local.get $mean) (i32.const 4)))
      (local.set $inverse (i32.add (local.get $inverse) (i32.const 4)))
      (local.set $x (i32.add (local.get $x) (local.get $bytes)))
      (local.set $y (i32.add (local.get $y) (local.get $bytes)))
      (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; With h = (x − mean) · inverse and d = dy · gamma: dx = (d − mean(d) − h · mean(d · h)) · inverse; dgamma += Σ dy · h, dbeta += Σ dy.
  (func (export "layerNormGradient")
    (param $dy i32) (param $x i32) (param $gamma i32) (param $mean i32) (param $inverse i32) (param $rows i32) (param $width i32)
    (param $dx i32) (param $dgamma i32) (param $dbeta i32)
    (local $at i32) (local $bytes i32) (local $last i32) (local $lanes v128)
    (local $m v128) (local $i v128) (local $d v128) (local $h v128) (local $slope v128) (local $first v128) (local $second v128)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (local.set $last (i32.and (i32.sub (local.get $bytes) (i32.const 4)) (i32.const -16)))
    (local.set $lanes (call $lastLanes (local.get $width)))
    (loop $next
      (local.set $m (v128.load32_splat (local.get $mean)))
      (local.set $i (v128.load32_splat (local.get $inverse)))
      (local.set $first (v128.const i32x4 0 0 0 0))
      (local.set $second (v128.const i32x4 0 0 0 0))
      (local.set $at (i32.const 0))
      (loop $sums
        (local.set $slope (v128.load (i32.add (local.get $dy) (local.get $at))))
        (if (i32.eq (local.get $at) (local.get $last))
          (then (local.set $slope (v128.and (local.get $slope) (local.get $lanes)))))
        (local.set $h (f32x4.mul
          (f32x4.sub (v128.load (i32.add (local.get $x) (local.get $at))) (local.get $m))
          (local.get $i)))
        (if (i32.eq (local.get $at) (local.get $last))
          (then (local.set $h (v128.and (local.get $h) (local.get $lanes)))))
        (v128.store (i32.add (local.get $dgamma) (local.get $at)) (f32x4.add
          (v128.load (i32.add (local.get $dgamma) (local.get $at)))
          (f32x4.mul (local.get $slope) (local.get $h))))
        (v128.store (i32.add (local.get $dbeta) (local.get $at)) (f32x4.add
          (v128.load (i32.add (local.get $dbeta) (local.get $at)))
          (local.get $slope)))
        (local.set $d (f32x4.mul (local.get $slope) (v128.load (i32.add (local.get $gamma) (local.get $at)))))
        (if (i32.eq (local.get $at) (local.get $last))
          (then (local.set $d (v128.and (local.get $d) (local.get $lanes)))))
        (local.set $first (f32x4.add (local.get $first) (local.get $d)))
        (local.set $second (f32x4.add (local.get $second) (f32x4.mul (local.get $d) (local.get $h))))
        (br_if $sums (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $bytes))))
      (local.set $first (f32x4.splat (f32.div (call $total (local.get $first)) (f32.convert_i32_u (local.get $width)))))
      (local.set $second (f32x4.splat (f32.div (call $total (local.get $second)) (f32.convert_i32_u (local.get $width)))))
      (local.set $at (i32.const 0))
      (loop $values
        (local.set $h (f32x4.mul
          (f32x4.sub (v128.load (i32.add (local.get $x) (local.get $at))) (local.get $m))
          (local.get $i)))
        (local.set $d (f32x4.mul
          (v128.load (i32.add (local.get $dy) (local.get $at)))
          (v128.load (i32.add (local.get $gamma) (local.get $at)))))
        (v128.store (i32.add (local.get $dx) (local.get $at)) (f32x4.mul
          (f32x4.sub
            (f32x4.sub (local.get $d) (local.get $first))
            (f32x4.mul (local.get $h) (local.get $second)))
          (local.get $i)))
        (br_if $values (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $bytes))))
      (local.set $mean (i32.add (local.get $mean) (i32.const 4)))
      (local.set $inverse (i32.add (local.get $inverse) (i32.const 4)))
      (local.set $dy (i32.add (local.get $dy) (local.get $bytes)))
      (local.set $x (i32.add (local.get $x) (local.get $bytes)))
      (local.set $dx (i32.add (local.get $dx) (local.get $bytes)))
      (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; out = (dp − Σ dp · p) · p · scale
  (func (export "softmaxGradient")
    (param $dp i32) (param $p i32) (param $rows i32) (param $width i32) (param $scale f32) (param $out i32)
    (local $at i32) (local $bytes i32) (local $last i32) (local $lanes v128) (local $sum v128) (local $factor v128)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (local.set $last (i32.and (i32.sub (local.get $bytes) (i32.const 4)) (i32.const -16)))
    (local.set $lanes (call $lastLanes (local.get $width)))
    (local.set $factor (f32x4.splat (local.get $scale)))
    (loop $next
      (local.set $sum (v128.and
        (f32x4.mul
          (v128.load (i32.add (local.get $dp) (local.get $last)))
          (v128.load (i32.add (local.get $p) (local.get $last))))
        (local.get $lanes)))
      (local.set $at (i32.const 0))
      (block $summed
        (br_if $summed (i32.eqz (local.get $last)))
        (loop $sums
          (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul
            (v128.load (i32.add (local.get $dp) (local.get $at)))
            (v128.load (i32.add (local.get $p) (local.get $at))))))
          (br_if $sums (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $last)))))
      (local.set $sum (f32x4.splat (call $total (local.get $sum))))
      (local.set $at (i32.const 0))
      (loop $values
        (v128.store (i32.add (local.get $out) (local.get $at)) (f32x4.mul
          (f32x4.mul
            (f32x4.sub (v128.load (i32.add (local.get $dp) (local.get $at))) (local.get $sum))
            (v128.load (i32.add (local.get $p) (local.get $at))))
          (local.get $factor)))
        (br_if $values (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $bytes))))
      (local.set $dp (i32.add (local.get $dp) (local.get $bytes)))
      (local.set $p (i32.add (local.get $p) (local.get $bytes)))
      (local.set $out (i32.add (local.get $out) (local.get $bytes)))
      (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
