// Draws charts from the numbers that a page carries, and sends dropped files. Every page works without it.
(function () {
  'use strict';

  var drawn = [];
  var token = function (name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); };
  var palette = function () { return [1, 2, 3, 4, 5, 6, 7, 8].map(function (at) { return token('--s' + at); }); };
  var calm = function () { return !window.matchMedia('(prefers-reduced-motion: reduce)').matches; };

  function base(patterned) {
    return {
      animation: calm(), animationDuration: 300, color: palette(),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token('--ink') },
      // Styles inside HTML would break the page's policy; the canvas draws its own tooltip.
      tooltip: { renderMode: 'richText', confine: true, backgroundColor: token('--paper'), borderColor: token('--line'),
        textStyle: { color: token('--ink') } },
      // The element itself has a label. Series differ by pattern as well as by colour.
      aria: { enabled: true, label: { enabled: false }, decal: { show: patterned } }
    };
  }

  function axisText() { return { color: token('--soft'), fontSize: 12 }; }
  function legend() { return { bottom: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: token('--soft') } }; }

  function series(data, type) {
    return data.series.map(function (one) {
      return { name: one.name, type: type, data: one.values, barMaxWidth: 14, barGap: '15%' };
    });
  }

  function lines(data) {
    return data.series.map(function (one, at) {
      var line = { name: one.name, type: 'line', data: one.values, symbol: 'circle', symbolSize: 5 };
      if (at === 0 && data.marks.length) {
        line.markLine = { silent: true, symbol: 'none', lineStyle: { color: token('--soft'), type: 'dashed' },
          label: { color: token('--soft'), formatter: '{b}', position: 'insideEndTop' },
          data: data.marks.map(function (mark) { return { xAxis: mark.category, name: mark.name }; }) };
      }
      return line;
    });
  }

  // What a chart says about one category.
  function told(data, at) {
    var lines = data.series.map(function (one) {
      var value = one.values[at];
      return one.name + '  ' + (value === null || value === undefined ? '–' : value + data.unit);
    });
    var note = data.notes && data.notes[at];
    return [data.categories[at]].concat(lines, note ? [note] : []).join('\n');
  }

  // Keys of a chart with categories: arrows, Home and End choose one, plus and minus zoom, Escape ends.
  function takeKeys(one) {
    var data = one.data, at = -1;
    if (!data.categories) { return; }
    var voice = document.createElement('p');
    voice.className = 'hidden';
    voice.setAttribute('aria-live', 'polite');
    one.place.after(voice);
    one.place.tabIndex = 0;
    if (one.place.dataset.keys) { one.place.setAttribute('aria-label', one.place.getAttribute('aria-label') + ' · ' + one.place.dataset.keys); }
    function zoom(by) {
      var now = (one.chart.getOption().dataZoom || [])[0];
      if (!now) { return; }
      var middle = at < 0 ? (now.start + now.end) / 2 : 100 * (at + 0.5) / data.categories.length;
      var half = Math.min(50, Math.max(3, (now.end - now.start) / 2 * by));
      one.chart.dispatchAction({ type: 'dataZoom', start: Math.max(0, middle - half), end: Math.min(100, middle + half) });
    }
    one.place.addEventListener('keydown', function (event) {
      var last = data.categories.length - 1;
      var moves = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? last : at - 1, ArrowUp: at < 0 ? last : at - 1, Home: 0, End: last };
      if (event.ctrlKey || event.metaKey || event.altKey) { return; }
      if (event.key in moves) {
        at = Math.min(last, Math.max(0, moves[event.key]));
        one.chart.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: at });
        voice.textContent = told(data, at).replace(/\n/g, ', ');
      } else if (event.key === '+' || event.key === '=') { zoom(0.5); } else if (event.key === '-') { zoom(2); } else if (event.key === 'Escape') {
        at = -1;
        one.chart.dispatchAction({ type: 'hideTip' });
      } else { return; }
      event.preventDefault();
    });
  }

  function option(data) {
    // Columns of single days are too thin for patterns.
    var all = base(data.kind !== 'days' && (data.series || data.groups).length > 1);
    var value = { type: 'value', axisLabel: Object.assign(axisText(), { formatter: '{value}' + data.unit }),
      splitLine: { lineStyle: { color: token('--line') } }, splitNumber: 4 };
    var names = { type: 'category', data: data.categories, axisLabel: axisText(), axisTick: { show: false },
      axisLine: { lineStyle: { color: token('--line') } } };
    if (data.kind === 'points') {
      all.legend = Object.assign(legend(), { type: 'scroll', data: data.groups.map(function (one) { return one.name; }) });
      var most = Math.max.apply(null, data.groups.map(function (one) {
        return Math.max.apply(null, one.points.map(function (point) { return point[2]; }));
      }));
      all.tooltip.formatter = function (at) { return at.seriesName + '  ' + at.value[2]; };
      all.grid = { left: 24, right: 24, top: 20, bottom: 52 };
      all.xAxis = { show: false, scale: true };
      all.yAxis = { show: false, scale: true };
      all.series = data.groups.map(function (one) {
        return { name: one.name, type: 'scatter', data: one.points, itemStyle: { opacity: 0.7 },
          symbolSize: function (point) { return 5 + 25 * Math.sqrt(point[2] / most); }, emphasis: { focus: 'series' } };
      });
      return all;
    }
    all.tooltip.trigger = 'axis';
    all.tooltip.axisPointer = { type: 'shadow', shadowStyle: { color: token('--line'), opacity: 0.4 } };
    all.tooltip.valueFormatter = function (number) { return number === null || number === undefined ? '–' : number + data.unit; };
    all.legend = legend();
    all.grid = { left: 0, right: 16, top: 12, bottom: 36, containLabel: true };
    if (data.kind === 'bars') {
      names.inverse = true;
      all.xAxis = value;
      all.yAxis = names;
    } else {
      all.xAxis = names;
      all.yAxis = value;
    }
    if (data.categories.length > 31 && data.kind !== 'bars') {
      // Wheel and pinch zoom only with the handle, so that they still scroll the page.
      all.dataZoom = [{ type: 'slider', xAxisIndex: data.kind === 'days' ? [0, 1] : [0], height: 20, bottom: 32, borderColor: token('--line'), fillerColor: token('--h2'),
        textStyle: { color: token('--soft') }, labelFormatter: '', brushSelect: false }];
      all.grid.bottom = 64;
    }
    if (data.kind === 'days') {
      all.tooltip.formatter = function (at) { return told(data, at[0].dataIndex); };
      all.series = series(data, 'bar');
      // Days with a note are shaded on axes of their own, where a column is as wide as its day.
      all.xAxis = [names, { type: 'category', data: data.categories, show: false, axisLabel: { show: false } }];
      all.yAxis = [value, { type: 'value', min: 0, max: 1, show: false, axisLabel: { show: false } }];
      all.series.push({ type: 'bar', xAxisIndex: 1, yAxisIndex: 1, barWidth: '100%', silent: true, z: 0,
        itemStyle: { color: token('--warn') }, data: data.notes.map(function (note) { return note ? 1 : null; }) });
      all.legend.data = data.series.map(function (one) { return one.name; });
      return all;
    }
    if (data.kind === 'lines') {
      all.tooltip.axisPointer = { type: 'line', lineStyle: { color: token('--line') } };
      value.scale = true;
      value.minInterval = 1;
      all.series = lines(data);
    } else {
      all.series = series(data, 'bar');
    }
    return all;
  }

  function draw(root) {
    if (!window.echarts) { return; }
    root.querySelectorAll('[data-chart]').forEach(function (place) {
      if (place.dataset.drawn) { return; }
      var source = document.getElementById(place.dataset.chart);
      if (!source) { return; }
      var data = JSON.parse(source.textContent);
      place.dataset.drawn = 'yes';
      place.classList.add('drawn');
      if (data.kind === 'bars') { place.classList.add('rows' + Math.min(data.categories.length, 16)); }
      var chart = window.echarts.init(place, null, { renderer: 'canvas' });
      chart.setOption(option(data));
      var instead = document.getElementById(place.dataset.instead || '');
      if (instead) { instead.hidden = true; }
      var one = { chart: chart, data: data, place: place };
      takeKeys(one);
      drawn.push(one);
    });
  }

  function each(act) {
    drawn = drawn.filter(function (one) {
      if (document.contains(one.place)) { act(one); return true; }
      one.chart.dispose();
      return false;
    });
  }

  window.addEventListener('resize', function () { each(function (one) { one.chart.resize(); }); });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', function () {
    each(function (one) { one.chart.setOption(option(one.data), true); });
  });

  // Files: dropped anywhere on the form, sent one after another, with how far each has come.
  function send(form, files) {
    var list = form.querySelector('[data-progress]');
    var queue = Array.prototype.slice.call(files);
    var failed = false;
    function next() {
      var file = queue.shift();
      if (!file) {
        if (!failed) { window.location.assign(form.dataset.after); }
        return;
      }
      var line = document.createElement('li');
      var name = document.createElement('span');
      var bar = document.createElement('progress');
      var state = document.createElement('span');
      name.textContent = file.name;
      bar.max = 100;
      line.append(name, bar, state);
      list.append(line);
      var body = new FormData();
      body.append('csrf', form.querySelector('[name=csrf]').value);
      body.append('file', file, file.name);
      var request = new XMLHttpRequest();
      request.open('POST', form.action);
      request.setRequestHeader('Accept', 'application/json');
      request.upload.onprogress = function (event) {
        if (event.lengthComputable) { bar.value = 100 * event.loaded / event.total; }
      };
      request.onloadend = function () {
        var answer = {};
        try { answer = JSON.parse(request.responseText); } catch (error) { answer = {}; }
        if (request.status === 200) {
          bar.value = 100;
          state.textContent = '✓ ' + (answer.files || []).map(function (one) { return one.name; }).join(', ');
        } else {
          failed = true;
          bar.remove();
          state.className = 'bad';
          state.textContent = '✗ ' + (answer.detail || form.dataset.broken);
        }
        next();
      };
      request.send(body);
    }
    next();
  }

  function takeFiles(root) {
    root.querySelectorAll('form[data-upload]').forEach(function (form) {
      if (form.dataset.ready) { return; }
      form.dataset.ready = 'yes';
      var input = form.querySelector('input[type=file]');
      form.querySelectorAll('[data-noscript]').forEach(function (one) { one.hidden = true; });
      input.addEventListener('change', function () { if (input.files.length) { send(form, input.files); } });
      ['dragenter', 'dragover'].forEach(function (name) {
        form.addEventListener(name, function (event) { event.preventDefault(); form.classList.add('over'); });
      });
      ['dragleave', 'drop'].forEach(function (name) {
        form.addEventListener(name, function (event) { event.preventDefault(); form.classList.remove('over'); });
      });
      form.addEventListener('drop', function (event) { send(form, event.dataTransfer.files); });
    });
  }

  // The address of a new link: selected at a touch, copied by a button.
  function copyAddresses(root) {
    root.querySelectorAll('[data-copy]').forEach(function (button) {
      var field = button.parentNode.querySelector('[data-select]');
      if (!field) { return; }
      field.addEventListener('focus', function () { field.select(); });
      if (!navigator.clipboard) { return; }
      button.hidden = false;
      button.addEventListener('click', function () {
        navigator.clipboard.writeText(field.value).then(function () { button.textContent = button.dataset.copy; });
      });
    });
  }

  function begin(root) { draw(root); takeFiles(root); copyAddresses(root); }
  document.addEventListener('DOMContentLoaded', function () { begin(document); });
  document.addEventListener('htmx:afterSettle', function (event) { begin(event.target.parentNode || document); });
})();
