// Draws charts from the numbers that a page carries, and sends dropped files. Every page works without it.
(function () {
  'use strict';

  var drawn = [];
  var token = function (name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); };
  var palette = function () { return [1, 2, 3, 4, 5, 6, 7, 8].map(function (at) { return token('--s' + at); }); };
  var calm = function () { return !window.matchMedia('(prefers-reduced-motion: reduce)').matches; };

  function base() {
    return {
      animation: calm(), animationDuration: 300, color: palette(),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token('--ink') },
      // Styles inside HTML would break the page's policy; the canvas draws its own tooltip.
      tooltip: { renderMode: 'richText', confine: true, backgroundColor: token('--paper'), borderColor: token('--line'),
        textStyle: { color: token('--ink') } },
      aria: { enabled: false }
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

  function option(data) {
    var all = base();
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
      drawn.push({ chart: chart, data: data, place: place });
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
