;; Pooling windows that do not overlap and lie wholly inside the image. Addresses and strides are bytes.
(module
  (import "heap" "memory" (memory 0))

  ;; Gives each slope of one row of windows to the first greatest value of its window, and 0 to the others. $channels is a multiple of 4.
  (func (export "maxPoolGradRow")
    (param $values i32) (param $slopes i32) (param $out i32) (param $windows i32) (param $channels i32)
    (param $height i32) (param $width i32) (param $rowBytes i32) (param $windowBytes i32)
    (local $pixelBytes i32) (local $channel i32) (local $y i32) (local $x i32) (local $at i32) (local $tap i32)
    (local $greatest v128) (local $winner v128) (local $value v128) (local $wins v128) (local $slope v128)
    (local.set $pixelBytes (i32.shl (local.get $channels) (i32.const 2)))
    (loop $next
      (local.set $channel (i32.const 0))
      (loop $channelsLoop
        (local.set $greatest (v128.const f32x4 -inf -inf -inf -inf))
        (local.set $winner (v128.const i32x4 -1 -1 -1 -1))
        (local.set $tap (i32.const 0))
        (local.set $y (i32.const 0))
        (loop $rows
          (local.set $at (i32.add (i32.add (local.get $values) (local.get $channel))
            (i32.mul (local.get $y) (local.get $rowBytes))))
          (local.set $x (local.get $width))
          (loop $columns
            (local.set $value (v128.load (local.get $at)))
            (local.set $wins (f32x4.gt (local.get $value) (local.get $greatest)))
            (local.set $greatest (v128.bitselect (local.get $value) (local.get $greatest) (local.get $wins)))
            (local.set $winner
              (v128.bitselect (i32x4.splat (local.get $tap)) (local.get $winner) (local.get $wins)))
            (local.set $tap (i32.add (local.get $tap) (i32.const 1)))
            (local.set $at (i32.add (local.get $at) (local.get $pixelBytes)))
            (br_if $columns (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))
          (br_if $rows (i32.lt_u (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height))))
        (local.set $slope (v128.load (i32.add (local.get $slopes) (local.get $channel))))
        (local.set $tap (i32.const 0))
        (local.set $y (i32.const 0))
        (loop $rows2
          (local.set $at (i32.add (i32.add (local.get $out) (local.get $channel))
            (i32.mul (local.get $y) (local.get $rowBytes))))
          (local.set $x (local.get $width))
          (loop $columns2
            (v128.store (local.get $at)
              (v128.and (local.get $slope) (i32x4.eq (local.get $winner) (i32x4.splat (local.get $tap)))))
            (local.set $tap (i32.add (local.get $tap) (i32.const 1)))
            (local.set $at (i32.add (local.get $at) (local.get $pixelBytes)))
            (br_if $columns2 (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))
          (br_if $rows2 (i32.lt_u (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height))))
        (br_if $channelsLoop (i32.lt_u
          (local.tee $channel (i32.add (local.get $channel) (i32.const 16)))
          (local.get $pixelBytes))))
      (local.set $values (i32.add (local.get $values) (local.get $windowBytes)))
      (local.set $out (i32.add (local.get $out) (local.get $windowBytes)))
      (local.set $slopes (i32.add (local.get $slopes) (local.get $pixelBytes)))
      (br_if $next (local.tee $windows (i32.sub (local.get $windows) (i32.const 1)))))))
